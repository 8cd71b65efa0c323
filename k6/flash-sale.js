// A flash sale: a rush of buyers on one hot SKU, some of whom pay, some change their minds and some
// just leave; then a waiting list buys what came back. It ends with every unit sold, once.
// Sizes come by environment: SIZE=full|short, BUYERS, UNITS, DURATION or RATE (peak, per second), P95_MS, API.

import exec from 'k6/execution';
import { sleep } from 'k6';
import { Counter } from 'k6/metrics';
import { Client } from './lib/client.js';
import { config } from './lib/config.js';
import { insistOnNone, look, settled, violations, violationsAtTheEnd } from './lib/reconcile.js';
import { askAgain } from './lib/replay.js';

const HELD = '201';
const SOLD_OUT = '409 insufficient_stock';

const LEAVER_TTL_MS = 3_000;
const PAYER_TTL_MS = 30_000;
const WAITING_CUSTOMERS = 20;
const WAITING_S = 0.2;
// Long enough for every hold of the rush to end, so that only a server that loses units exhausts it.
const MOST_REFUSALS = Math.ceil((PAYER_TTL_MS * 1.25) / (WAITING_S * 1000));
const MOST_BUYERS_AT_ONCE = 4_000;

const buyersArrived = new Counter('buyers_arrived');
const confirmsAcknowledged = new Counter('confirms_acknowledged');
const unitsWaitedFor = new Counter('units_sold_to_waiting_list');

// Whoever holds a unit thinks about it, so as many buyers as units may be here beside those who just ask.
function buyersAtOnce(askingFor_s) {
  const atOnce = config.units + Math.ceil(config.peakPerS * askingFor_s);
  return Math.min(atOnce, config.buyers, MOST_BUYERS_AT_ONCE);
}

export const options = {
  scenarios: {
    rush: {
      executor: 'ramping-arrival-rate',
      exec: 'buyer',
      stages: config.stages,
      preAllocatedVUs: buyersAtOnce(0.1),
      maxVUs: buyersAtOnce(1),
    },
    watch: {
      executor: 'constant-arrival-rate',
      exec: 'watcher',
      rate: 5,
      duration: `${config.duration_s}s`,
      preAllocatedVUs: 2,
    },
    waiting_list: {
      executor: 'per-vu-iterations',
      exec: 'waitingCustomer',
      vus: WAITING_CUSTOMERS,
      iterations: 1,
      startTime: `${config.duration_s}s`,
      maxDuration: `${(PAYER_TTL_MS / 1000) * 2}s`,
    },
  },
  thresholds: {
    unexpected_answers: ['rate==0'],
    broken_replays: ['rate==0'],
    broken_balances: ['rate==0'],
    // With the teardown, which insists on `allocated`, this says: acknowledged and allocated are the same.
    confirms_acknowledged: [`count==${config.units}`],
    // The edges of the stages round off a few arrivals; a run that k6 could not drive proves little.
    buyers_arrived: [`count>=${Math.floor(config.buyers * 0.9)}`],
    'http_req_duration{name:reserve}': [`p(95)<${config.reserveP95_ms}`],
  },
};

const client = new Client(config.api);

// A SKU of its own for each run: against a server that is kept, what earlier runs sold stays sold.
export function setup() {
  const sku = `SNEAKER-42-${Date.now()}`;
  if (!client.putStock(sku, config.units).ok) {
    exec.test.abort(`cannot put stock at ${config.api}`);
  }
  return { sku };
}

function order(sku, customer, ttl_ms) {
  return { customer, ttl_ms, lines: [{ sku, location: 'default', quantity: 1 }] };
}

function buy(reservation) {
  if (client.confirm(reservation.id, { order: `order-of-${reservation.customer}` }).ok) {
    confirmsAcknowledged.add(1);
  }
}

// Of ten buyers seven pay, two release and one leaves; every fourth sends the request twice. Counted, not
// drawn, so that the same sizes give the same crowd.
export function buyer({ sku }) {
  const number = exec.scenario.iterationInTest;
  const leaves = number % 10 === 9;
  const releases = number % 10 === 7 || number % 10 === 8;
  const key = `${sku}-rush-${number}`;
  const body = order(sku, `buyer-${number}`, leaves ? LEAVER_TTL_MS : PAYER_TTL_MS);
  buyersArrived.add(1);

  const asked = client.reserve(key, body, [HELD, SOLD_OUT]);
  if (asked.shed) {
    return;
  }
  if (Math.floor(number / 10) % 4 === 0) {
    askAgain(client, key, body, asked);
  }
  if (!asked.ok || leaves) {
    return;
  }
  sleep(0.2 + Math.random() * 1.8);
  if (releases) {
    client.release(asked.body.id);
  } else {
    buy(asked.body);
  }
}

export function watcher({ sku }) {
  look(client, sku, (record) => violations(record, config.units));
}

function isGone({ held, available }) {
  return held === 0 && available <= 0;
}

// Whoever waits asks, again and again and as a new customer, until nothing can come back any more: what was
// released or has expired is sold here, so that the end does not hang on who was quick.
export function waitingCustomer({ sku }) {
  let refusals = 0;
  for (let turn = 0; refusals < MOST_REFUSALS; turn += 1) {
    const key = `${sku}-waiting-${exec.vu.idInTest}-${turn}`;
    const asked = client.reserve(key, order(sku, key, PAYER_TTL_MS), [HELD, SOLD_OUT]);
    if (asked.ok) {
      unitsWaitedFor.add(1);
      buy(asked.body);
      continue;
    }
    const { ok, body } = client.readSku(sku);
    if (!ok || isGone(body.locations[0])) {
      return;
    }
    refusals += 1;
    sleep(WAITING_S);
  }
}

export function teardown({ sku }) {
  const [record] = settled(client, [sku], (LEAVER_TTL_MS * 2) / 1000);
  console.log(`${sku}: on_hand ${record.on_hand}, allocated ${record.allocated}, held ${record.held}, available ${record.available}`);
  insistOnNone(violationsAtTheEnd(record, config.units, config.units));
}
