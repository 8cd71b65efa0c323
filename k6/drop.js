// A drop: a sale with a window, whose quota comes in stages. Early clickers ask before it opens, which burns
// nothing; each stage is sold out before the next comes; some give a unit back once all is gone, and whoever
// was told "sold out" is told so again. It ends sold out for good, at exactly the quota.
// Sizes come by environment: SIZE=full|short, BUYERS (at once), DROPS, UNITS (a drop), DROP_EVERY, P95_MS, API.

import exec from 'k6/execution';
import { sleep } from 'k6';
import { Counter, Rate } from 'k6/metrics';
import { acknowledged, balanced, foundAtServer } from './lib/accounts.js';
import { Client } from './lib/client.js';
import { insistOnNone, settled, violationsAtTheEnd } from './lib/reconcile.js';
import { askAgain } from './lib/replay.js';
import { api, positiveInteger, reserveP95_ms, seconds } from './lib/settings.js';
import { indexOf, newRun, skuOf, skusOf } from './lib/shop.js';

export { handleSummary } from './lib/summary.js';

const HELD = '201';
const NOT_OPEN = '409 sale_not_open';
const CLOSED = '409 sale_closed';
const LIMITED = '409 limit_exceeded';

const SKUS = 3;
const TTL_MS = 600_000;
const EARLY_MS = 2_000;
const BETWEEN_CLICKS_S = 0.05;
const WATCH_EVERY_S = 0.1;

const buyers = positiveInteger('BUYERS', { full: 100, short: 20 });
const drops = positiveInteger('DROPS', { full: 4, short: 2 });
const unitsADrop = positiveInteger('UNITS', { full: 500, short: 60 });
// Long enough for a stage to sell out on a machine that is busy with something else.
const every_s = seconds('DROP_EVERY', { full: '8s', short: '4s' });

const quota = drops * unitsADrop;
const longest_s = EARLY_MS / 1000 + drops * every_s + 60;

const earlyClicks = new Counter('early_clicks');
const secondLooks = new Counter('second_looks');
const brokenEarlyClicks = new Rate('broken_early_clicks');
const brokenSales = new Rate('broken_sales');

function dropAccount(drop) {
  return `drop ${drop}`;
}

const accounts = [
  ...Array.from({ length: drops }, (_, drop) => dropAccount(drop)),
  ...skusOf('', SKUS).map((sku) => `sku ${indexOf(sku)}`),
];

export const options = {
  scenarios: {
    rush: { executor: 'per-vu-iterations', exec: 'buyer', vus: buyers, iterations: 1, maxDuration: `${longest_s}s` },
    watch: { executor: 'per-vu-iterations', exec: 'watcher', vus: 1, iterations: 1, maxDuration: `${longest_s}s` },
  },
  thresholds: {
    unexpected_answers: ['rate==0'],
    broken_replays: ['rate==0'],
    broken_early_clicks: ['rate==0'],
    broken_sales: ['rate==0'],
    early_clicks: [`count>=${buyers}`],
    second_looks: ['count>0'],
    'http_req_duration{name:reserve}': [`p(95)<${reserveP95_ms}`],
    ...balanced(accounts),
  },
};

const client = new Client(api);

// Every SKU alone could serve the whole quota, so that it is the sale that runs out.
export function setup() {
  const run = newRun('drop');
  const skus = skusOf(run, SKUS);
  const isStocked = skus.every((sku) => client.putStock(sku, quota).ok && client.putSku(sku, { sale_only: true }).ok);
  const starts_ms = Date.now() + EARLY_MS;
  const at_ms = Array.from({ length: drops }, (_, drop) => starts_ms + drop * every_s * 1000);
  const sale = {
    starts_ms,
    ends_ms: starts_ms + longest_s * 1000,
    skus,
    quota,
    drops: at_ms.map((at) => ({ at_ms: at, quota: unitsADrop })),
    close_when_sold_out: true,
  };
  if (!isStocked || !client.putSale(run, sale).ok) {
    exec.test.abort(`cannot set the sale up at ${api}`);
  }
  return { run, at_ms };
}

function click(run, turn) {
  const customer = `buyer-${exec.vu.idInTest}`;
  const lines = [{ sku: skuOf(run, (exec.vu.idInTest + turn) % SKUS), location: 'default', quantity: 1 }];
  return { key: `${run}-${customer}-${turn}`, body: { customer, sale: run, ttl_ms: TTL_MS, lines } };
}

function accountsOf({ sku }, drop) {
  return [dropAccount(drop), `sku ${indexOf(sku)}`];
}

// The server's own time says in which stage a unit went.
function bookHold({ created_ms, lines }, at_ms) {
  const drop = at_ms.filter((at) => at <= created_ms).length - 1;
  accountsOf(lines[0], drop).forEach((account) => acknowledged(account, 1));
}

function buy({ id }) {
  client.confirm(id, { order: `order-of-${id}` });
}

// The same key until the doors open: had an early click burnt it, it would be answered from memory.
function clickEarly(run) {
  const { key, body } = click(run, 0);
  const { sale, ...withoutSale } = body;
  for (;;) {
    const asked = client.reserve(key, body, [NOT_OPEN, HELD, LIMITED, CLOSED]);
    if (asked.code !== 'sale_not_open') {
      brokenEarlyClicks.add(!asked.shed && asked.body.replayed !== false);
      return asked;
    }
    earlyClicks.add(1);
    client.reserve(`${key}-without-${sale}`, withoutSale, [NOT_OPEN]);
    sleep(BETWEEN_CLICKS_S);
  }
}

// Whoever was refused at a drop tries the same key, in vain, and then a new one.
function clickUntilSoldOut(run, at_ms, first, onHold) {
  for (let turn = 0; ; turn += 1) {
    const { key, body } = click(run, turn);
    const asked = turn === 0 ? first : client.reserve(key, body, [HELD, LIMITED, CLOSED]);
    if (asked.ok) {
      bookHold(asked.body, at_ms);
      onHold(asked.body);
      continue;
    }
    if (!asked.shed) {
      askAgain(client, key, body, asked);
    }
    if (asked.code === 'sale_closed' || asked.code === undefined) {
      return { key, body, asked, turn };
    }
    sleep(BETWEEN_CLICKS_S);
  }
}

// Gives the unit back, and looks again with the key that was told "sold out": a unit is there or has found
// its next buyer, and the answer is the same.
function giveBackAndLook({ id, lines }, refused) {
  if (!client.release(id).ok) {
    return;
  }
  accountsOf(lines[0], drops - 1).forEach((account) => acknowledged(account, -1));
  secondLooks.add(1);
  askAgain(client, refused.key, refused.body, refused.asked);
}

// Every fifth buyer keeps the first unit unpaid, and gives it back when all is gone. What comes back is sold
// to whoever gave it, or somebody else.
export function buyer({ run, at_ms }) {
  const isUndecided = exec.vu.idInTest % 5 === 0;
  const kept = [];
  const onHold = (hold) => {
    if (isUndecided && kept.length === 0) {
      kept.push(hold);
    } else {
      buy(hold);
    }
  };
  const refused = clickUntilSoldOut(run, at_ms, clickEarly(run), onHold);
  kept.forEach((hold) => {
    giveBackAndLook(hold, refused);
    const { key, body } = click(run, refused.turn + 1);
    const asked = client.reserve(key, body, [HELD, CLOSED]);
    if (asked.ok) {
      bookHold(asked.body, at_ms);
      buy(asked.body);
    }
  });
}

function saleViolations({ state, held, allocated, quota_in_force, remaining }) {
  const taken = held + allocated;
  const found = [];
  if (taken > quota_in_force || remaining !== quota_in_force - taken) {
    found.push(`${taken} of ${quota_in_force} taken and ${remaining} remaining`);
  }
  if (state === 'scheduled' && taken > 0) {
    found.push(`${taken} taken before the sale opened`);
  }
  if (['sold_out', 'closed'].includes(state) && taken !== quota) {
    found.push(`${state} with ${taken} of ${quota} taken`);
  }
  return found;
}

// At no moment is more taken than the stages so far have brought.
export function watcher({ run }) {
  for (let isOver = false; !isOver; ) {
    const { ok, body } = client.readSale(run);
    if (ok) {
      const found = saleViolations(body);
      brokenSales.add(found.length > 0);
      found.forEach((violation) => console.error(`while selling: ${violation}`));
    }
    isOver = ok && body.state === 'closed';
    sleep(WATCH_EVERY_S);
  }
}

export function teardown({ run }) {
  const { ok, body: sale } = client.readSale(run);
  if (!ok) {
    throw new Error('cannot read the sale');
  }
  sale.settings.drops.forEach((drop, index) => foundAtServer(dropAccount(index), drop.quota));
  const records = settled(client, skusOf(run, SKUS), 0);
  records.forEach((record) => foundAtServer(`sku ${indexOf(record.sku)}`, record.allocated));
  const found = saleViolations(sale);
  if (sale.state !== 'closed' || sale.held !== 0 || sale.allocated !== quota) {
    found.push(`the sale is ${sale.state} with ${sale.held} held and ${sale.allocated} of ${quota} sold`);
  }
  insistOnNone([...found, ...records.flatMap((record) => violationsAtTheEnd(record, quota))]);
}
