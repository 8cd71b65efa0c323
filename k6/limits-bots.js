// Limits and bots: a few customers, each a machine that sends many requests at the same time under many ids,
// for a SKU with limits of its own and for one in a sale with the sale's. One machine is one customer, so that
// it knows at every moment what it has. It ends with each customer having exactly what the limit allows.
// Sizes come by environment: SIZE=full|short, CUSTOMERS, ROUNDS, BURST (requests at once), P95_MS, API.

import exec from 'k6/execution';
import { Counter, Rate } from 'k6/metrics';
import { acknowledged, balanced, foundAtServer } from './lib/accounts.js';
import { Client } from './lib/client.js';
import { insistOnNone, look, settled, violations, violationsAtTheEnd } from './lib/reconcile.js';
import { askAgain } from './lib/replay.js';
import { api, positiveInteger, reserveP95_ms } from './lib/settings.js';
import { diceOf, newRun, skuOf } from './lib/shop.js';

export { handleSummary } from './lib/summary.js';

const HELD = '201';
const LIMITED = '409 limit_exceeded';
const TTL_MS = 600_000;
const MAX_PER_CUSTOMER = 5;
const MAX_PER_ORDER = 2;

const customers = positiveInteger('CUSTOMERS', { full: 100, short: 20 });
const rounds = positiveInteger('ROUNDS', { full: 40, short: 8 });
const burst = positiveInteger('BURST', { full: 12, short: 8 });

// More than all limits leave, so that no stock runs out before them.
const units = customers * (MAX_PER_CUSTOMER + 1);
const sold = customers * MAX_PER_CUSTOMER;
// Both are reached long before every customer has the most there is; the kiosk has no quota.
const channelQuotas = { web: customers, app: Math.ceil(customers / 2) };
const CHANNELS = ['web', 'app', 'kiosk'];

// The words by which each target tells its limits.
const TARGETS = [
  { name: 'sku', perCustomer: 'max_per_customer', channel: 'channel_quota', perOrder: 'max_per_order' },
  { name: 'sale', perCustomer: 'sale_max_per_customer', channel: 'sale_channel_quota' },
];

const accounts = Object.keys(channelQuotas).map((channel) => `sale through ${channel}`);

const refusals = new Counter('refusals_by_limit');
const confirmedUnits = new Counter('confirmed_units');
const brokenLimits = new Rate('broken_limits');

function thresholdsOf({ name, perCustomer, channel, perOrder }) {
  const words = perOrder ? [perCustomer, channel, perOrder] : [perCustomer, channel];
  return [
    ...words.map((limit) => [`refusals_by_limit{limit:${limit}}`, ['count>0']]),
    ...Object.entries(channelQuotas).map(([through, quota]) => [
      `confirmed_units{from:${name} through ${through}}`,
      [`count<=${quota}`],
    ]),
  ];
}

export const options = {
  batchPerHost: burst,
  scenarios: {
    bots: {
      executor: 'per-vu-iterations',
      exec: 'bot',
      vus: customers,
      iterations: rounds,
      maxDuration: '10m',
    },
  },
  thresholds: {
    unexpected_answers: ['rate==0'],
    broken_replays: ['rate==0'],
    broken_balances: ['rate==0'],
    broken_limits: ['rate==0'],
    confirmed_units: [`count==${TARGETS.length * sold}`],
    'http_req_duration{name:reserve}': [`p(95)<${reserveP95_ms}`],
    ...Object.fromEntries(TARGETS.flatMap(thresholdsOf)),
    ...balanced(accounts),
  },
};

const client = new Client(api);

export function setup() {
  const run = newRun('bots');
  const settings = { max_per_customer: MAX_PER_CUSTOMER, max_per_order: MAX_PER_ORDER, channel_quotas: channelQuotas };
  const skus = TARGETS.map(({ name }) => skuOf(run, name));
  const sale = { skus: [skus[1]], max_per_customer: MAX_PER_CUSTOMER, channel_quotas: channelQuotas };
  const isSetUp =
    skus.every((sku) => client.putStock(sku, units).ok) &&
    client.putSku(skus[0], settings).ok &&
    client.putSale(run, sale).ok;
  if (!isSetUp) {
    exec.test.abort(`cannot set the limits up at ${api}`);
  }
  return { run };
}

// What this machine's customer has confirmed, by target; a machine shares its memory with no other.
const owned = Object.fromEntries(TARGETS.map(({ name }) => [name, 0]));

function isPlausible(target, { limit, remaining }) {
  if (limit === target.perOrder) {
    return remaining === MAX_PER_ORDER;
  }
  if (limit === target.perCustomer) {
    return remaining <= MAX_PER_CUSTOMER - owned[target.name];
  }
  return limit === target.channel;
}

// What was held, once the refusals have been looked at.
function judged(target, answers) {
  for (const { code, body } of answers.filter(({ ok, shed }) => !ok && !shed)) {
    refusals.add(1, { limit: code === undefined ? 'none' : body.limit });
    brokenLimits.add(code === undefined || !isPlausible(target, body));
  }
  return answers.filter(({ ok }) => ok).map(({ body }) => body);
}

function quantityOf({ lines }) {
  return lines.reduce((sum, { quantity }) => sum + quantity, 0);
}

function ask(run, target, { channel, quantity, turn }) {
  const customer = `bot-${exec.vu.idInTest}`;
  const key = `${run}-${target.name}-${customer}-${exec.vu.iterationInScenario}-${turn}`;
  const lines = [{ sku: skuOf(run, target.name), location: 'default', quantity }];
  const body = { customer, channel, ttl_ms: TTL_MS, lines };
  return { key, body: target.name === 'sale' ? { ...body, sale: run } : body };
}

function book(target, { channel }, quantity) {
  owned[target.name] += quantity;
  confirmedUnits.add(quantity, { from: `${target.name} through ${channel}` });
  if (target.name === 'sale' && channel in channelQuotas) {
    acknowledged(`sale through ${channel}`, quantity);
  }
}

function buy(target, reservation) {
  if (client.confirm(reservation.id, { order: `order-of-${reservation.id}` }).ok) {
    book(target, reservation, quantityOf(reservation));
  }
}

// Bought, and sent back before it was shipped: that makes room again.
function buyAndCancel(target, reservation) {
  buy(target, reservation);
  if (client.cancel(reservation.id).ok) {
    book(target, reservation, -quantityOf(reservation));
  }
}

function giveBack(_, reservation) {
  client.release(reservation.id);
}

const FATES = [giveBack, buy, giveBack, buyAndCancel];

// All at once and each under its own id: whatever the order in which they are decided, what is held beside
// what is owned never passes the limit.
function attack(run, target, dice) {
  const asks = Array.from({ length: burst }, (_, turn) =>
    ask(run, target, { channel: CHANNELS[dice(CHANNELS.length)], quantity: 1 + dice(MAX_PER_ORDER + 1), turn }));
  const answers = client.reserveAtOnce(asks, [HELD, LIMITED]);
  const held = judged(target, answers);
  const has = held.reduce((sum, reservation) => sum + quantityOf(reservation), owned[target.name]);
  const isOverOrder = target.perOrder !== undefined && held.some((hold) => quantityOf(hold) > MAX_PER_ORDER);
  brokenLimits.add(has > MAX_PER_CUSTOMER || isOverOrder);
  const again = dice(burst);
  if (!answers[again].shed) {
    askAgain(client, asks[again].key, asks[again].body, answers[again]);
  }
  held.forEach((reservation) => FATES[dice(FATES.length)](target, reservation));
}

// The last round takes, where no channel is in the way, unit by unit what the limit still leaves.
function buyUp(run, target) {
  for (let turn = burst; ; turn += 1) {
    const { key, body } = ask(run, target, { channel: 'kiosk', quantity: 1, turn });
    const [held] = judged(target, [client.reserve(key, body, [HELD, LIMITED])]);
    if (held === undefined) {
      break;
    }
    buy(target, held);
    if (owned[target.name] > MAX_PER_CUSTOMER) {
      break;
    }
  }
  brokenLimits.add(owned[target.name] !== MAX_PER_CUSTOMER);
}

export function bot({ run }) {
  const round = exec.vu.iterationInScenario;
  const dice = diceOf(exec.vu.idInTest * rounds + round);
  for (const target of TARGETS) {
    attack(run, target, dice);
    if (round === rounds - 1) {
      buyUp(run, target);
    }
  }
  look(client, skuOf(run, TARGETS[round % TARGETS.length].name), (record) => violations(record, units));
}

function saleViolations({ held, allocated, channels }) {
  const found = held === 0 && allocated === sold ? [] : [`the sale has ${held} held and ${allocated} of ${sold} sold`];
  for (const { channel, held: open, allocated: through } of channels) {
    foundAtServer(`sale through ${channel}`, through);
    if (open !== 0 || through > channelQuotas[channel]) {
      found.push(`${channel} has ${open} held and ${through} sold of ${channelQuotas[channel]}`);
    }
  }
  return found;
}

export function teardown({ run }) {
  const records = settled(client, TARGETS.map(({ name }) => skuOf(run, name)), 0);
  const { ok, body } = client.readSale(run);
  insistOnNone([
    ...records.flatMap((record) => violationsAtTheEnd(record, units, sold)),
    ...(ok ? saleViolations(body) : ['cannot read the sale']),
  ]);
}
