// Late payments: holds are short, and money comes before the deadline, during the grace of a payment that was
// announced, or after it, with an order to refuse or to take the units again. Money is kept only for a
// confirmed reservation. Beside the crowd at one hot SKU there are duels for a last unit, whose outcome is known.
// Sizes come by environment: SIZE=full|short, BUYERS (at once), ROUNDS (each), UNITS, P95_MS, API.

import exec from 'k6/execution';
import { sleep } from 'k6';
import { Counter, Rate } from 'k6/metrics';
import { acknowledged, balanced, foundAtServer } from './lib/accounts.js';
import { Client } from './lib/client.js';
import { insistOnNone, look, settled, violations, violationsAtTheEnd } from './lib/reconcile.js';
import { api, positiveInteger, reserveP95_ms } from './lib/settings.js';
import { newRun, skuOf, skusOf } from './lib/shop.js';

export { handleSummary } from './lib/summary.js';

const HELD = '201';
const SHORT = '409 insufficient_stock';
const PAID = '200';
const EXPIRED = '409 reservation_expired';

const TTL_MS = 500;
const AFTER_DEADLINE_S = 0.7;
// Far longer than any payment here takes, so that one in time is never late, whatever the machine does.
const GRACE_MS = 60_000;
const BETWEEN_TRIES_S = 0.1;
const DUELS = 4;
const HOT = 'hot';

const buyers = positiveInteger('BUYERS', { full: 100, short: 30 });
const rounds = positiveInteger('ROUNDS', { full: 40, short: 5 });
// Gone before the last round, so that units which expire are fought for.
const units = positiveInteger('UNITS', { full: 1_500, short: 60 });

const payments = new Counter('payments');
const refunds = new Counter('refunds');
const brokenPayments = new Rate('broken_payments');
const brokenDuels = new Rate('broken_duels');

export const options = {
  scenarios: {
    crowd: { executor: 'per-vu-iterations', exec: 'buyer', vus: buyers, iterations: rounds, maxDuration: '10m' },
    duels: { executor: 'per-vu-iterations', exec: 'duel', vus: DUELS, iterations: 1, maxDuration: '2m' },
  },
  thresholds: {
    unexpected_answers: ['rate==0'],
    broken_balances: ['rate==0'],
    broken_payments: ['rate==0'],
    broken_duels: ['rate==0'],
    'payments{when:before}': ['count>0'],
    'payments{when:grace}': ['count>0'],
    'payments{when:reacquired}': ['count>0'],
    'refunds{why:reservation_expired}': ['count>0'],
    'refunds{why:insufficient_stock}': ['count>0'],
    'http_req_duration{name:reserve}': [`p(95)<${reserveP95_ms}`],
    ...balanced([HOT]),
  },
};

const client = new Client(api);

function duelSkus(run) {
  return skusOf(`${run}-duel`, DUELS);
}

export function setup() {
  const run = newRun('late');
  const isHotStocked = client.putStock(skuOf(run, HOT), units).ok;
  if (!isHotStocked || !duelSkus(run).every((sku) => client.putStock(sku, 1).ok)) {
    exec.test.abort(`cannot put stock at ${api}`);
  }
  return { run };
}

function order(sku, customer) {
  return { customer, ttl_ms: TTL_MS, lines: [{ sku, location: 'default', quantity: 1 }] };
}

// The provider takes the money, then the shop confirms; what is not confirmed is paid back. The shop asks
// twice, as shops do after a lost answer: a second confirm takes no second unit, and a second refusal no money.
function pay({ id }, when, ifExpired, expected) {
  const body = { order: `order-of-${id}`, if_expired: ifExpired };
  const paid = client.confirm(id, body, expected);
  if (paid.shed) {
    return paid;
  }
  if (!paid.ok) {
    refunds.add(1, { why: paid.code || 'none' });
    return paid;
  }
  const wasTaken = paid.body.state === 'confirmed' && paid.body.replayed === false;
  const again = client.confirm(id, body, [PAID]);
  brokenPayments.add(!wasTaken || !(again.shed || (again.ok && again.body.replayed)));
  payments.add(1, { when: paid.body.reacquired ? 'reacquired' : when });
  return paid;
}

function payAtOnce(hold) {
  return pay(hold, 'before', 'refuse', [PAID, EXPIRED]);
}

// A machine that is busy may make any payment late; the deadline that the server names decides, not ours.
function payInGrace(hold) {
  const started = client.paymentStarted(hold.id, GRACE_MS, [PAID, EXPIRED]);
  if (!started.ok) {
    return started;
  }
  brokenPayments.add(started.body.expires_ms <= hold.expires_ms);
  sleep(AFTER_DEADLINE_S);
  return pay(hold, 'grace', 'refuse', [PAID]);
}

function payLateAndBeRefused(hold) {
  sleep(AFTER_DEADLINE_S);
  return pay(hold, 'late', 'refuse', [EXPIRED]);
}

function payLateAndTakeAgain(hold) {
  sleep(AFTER_DEADLINE_S);
  const paid = pay(hold, 'late', 'reacquire', [PAID, SHORT]);
  brokenPayments.add(paid.ok && paid.body.reacquired !== true);
  return paid;
}

function neverPay() {
  sleep(AFTER_DEADLINE_S);
  return { ok: false };
}

const MANNERS = [payAtOnce, payLateAndTakeAgain, payInGrace, payLateAndBeRefused, neverPay];

export function buyer({ run }) {
  const sku = skuOf(run, HOT);
  const number = exec.scenario.iterationInTest;
  const key = `${run}-${number}`;
  const asked = client.reserve(key, order(sku, `buyer-${number}`), [HELD, SHORT]);
  if (asked.ok && MANNERS[number % MANNERS.length](asked.body).ok) {
    acknowledged(HOT, 1);
  }
  if (number % 10 === 0) {
    look(client, sku, (record) => violations(record, units));
  }
  if (!asked.ok) {
    sleep(BETWEEN_TRIES_S);
  }
}

function hold(run, sku, customer) {
  return client.reserve(`${sku}-${customer}`, order(sku, customer), [HELD]);
}

// One unit, held and forgotten. In every second duel somebody else buys it before the late payment comes; then
// there is nothing to take again, and otherwise there must be.
export function duel({ run }) {
  const number = exec.scenario.iterationInTest;
  const sku = duelSkus(run)[number];
  const first = hold(run, sku, 'first');
  if (!first.ok) {
    return;
  }
  sleep(AFTER_DEADLINE_S);
  const isContested = number % 2 === 0;
  if (isContested) {
    const second = hold(run, sku, 'second');
    client.paymentStarted(second.body.id, GRACE_MS, [PAID]);
    pay(second.body, 'before', 'refuse', [PAID]);
  }
  const late = pay(first.body, 'late', 'reacquire', [isContested ? SHORT : PAID]);
  brokenDuels.add(late.ok === isContested);
}

export function teardown({ run }) {
  const sku = skuOf(run, HOT);
  const [hot, ...duels] = settled(client, [sku, ...duelSkus(run)], (TTL_MS * 20) / 1000);
  foundAtServer(HOT, hot.allocated);
  insistOnNone([
    ...violationsAtTheEnd(hot, units),
    ...duels.flatMap((record) => violationsAtTheEnd(record, 1, 1)),
  ]);
}
