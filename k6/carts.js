// Carts: one to five lines over many SKUs at two locations, and so over several shards; some name a location,
// some take what they can get. Of ten carts five are bought, two in part, two given back and one forgotten.
// It ends with every unit at every location accounted for.
// Sizes come by environment: SIZE=full|short, CARTS, BUYERS (at once), SKUS, UNITS (at each location), P95_MS, API.

import exec from 'k6/execution';
import { Counter, Rate } from 'k6/metrics';
import { acknowledged, balanced, foundAtServer } from './lib/accounts.js';
import { Client } from './lib/client.js';
import { insistOnNone, look, settled, violations, violationsAtTheEnd } from './lib/reconcile.js';
import { askAgain } from './lib/replay.js';
import { api, positiveInteger, reserveP95_ms } from './lib/settings.js';
import { diceOf, indexOf, newRun, skuOf, skusOf } from './lib/shop.js';

export { handleSummary } from './lib/summary.js';

const HELD = '201';
const SHORT = '409 insufficient_stock';
const LOCATIONS = ['east', 'west'];
const MOST_LINES = 5;
const MOST_UNITS_A_LINE = 3;
const BUYER_TTL_MS = 60_000;
const FORGOTTEN_TTL_MS = 1_000;

const carts = positiveInteger('CARTS', { full: 20_000, short: 2_000 });
const skuCount = positiveInteger('SKUS', { full: 60, short: 60 });
const unitsAtLocation = positiveInteger('UNITS', { full: 200, short: 20 });

const cartsHeld = new Counter('carts_held');
const cartsShort = new Counter('carts_short');
const cartsInPart = new Counter('carts_in_part');
const brokenCarts = new Rate('broken_carts');

// Where units are: the SKU's place in the run, and the location.
function accountOf({ sku, location }) {
  return `${indexOf(sku)}/${location}`;
}

const accounts = skusOf('', skuCount).flatMap((sku) => LOCATIONS.map((location) => accountOf({ sku, location })));

export const options = {
  scenarios: {
    rush: {
      executor: 'shared-iterations',
      exec: 'buyer',
      vus: positiveInteger('BUYERS', { full: 64, short: 16 }),
      iterations: carts,
      maxDuration: '10m',
    },
  },
  thresholds: {
    unexpected_answers: ['rate==0'],
    broken_replays: ['rate==0'],
    broken_balances: ['rate==0'],
    broken_carts: ['rate==0'],
    // A run in which nothing was short, or nothing split, proves less than it says.
    carts_short: ['count>0'],
    carts_in_part: ['count>0'],
    'http_req_duration{name:reserve}': [`p(95)<${reserveP95_ms}`],
    ...balanced(accounts),
  },
};

const client = new Client(api);

// Every third SKU is served from the west first.
export function setup() {
  const run = newRun('carts');
  skusOf(run, skuCount).forEach((sku, index) => {
    const isPut = LOCATIONS.every((location) => client.putStock(sku, unitsAtLocation, location).ok);
    if (!isPut || (index % 3 === 0 && !client.putSku(sku, { location_order: ['west', 'east'] }).ok)) {
      exec.test.abort(`cannot put stock at ${api}`);
    }
  });
  return { run };
}

function lineOf(run, dice) {
  const line = { sku: skuOf(run, dice(skuCount)), quantity: 1 + dice(MOST_UNITS_A_LINE) };
  return dice(3) === 0 ? { ...line, location: LOCATIONS[dice(LOCATIONS.length)] } : line;
}

function cartOf(run, number, dice, isForgotten) {
  return {
    customer: `buyer-${number}`,
    ttl_ms: isForgotten ? FORGOTTEN_TTL_MS : BUYER_TTL_MS,
    mode: dice(3) === 0 ? 'best_effort' : 'all_or_nothing',
    lines: Array.from({ length: 1 + dice(MOST_LINES) }, () => lineOf(run, dice)),
  };
}

function unitsOf(lines) {
  return lines.reduce((units, { quantity }) => units + quantity, 0);
}

// Lines for the same SKU and location are one, at the place of the first of them.
function summed(lines) {
  const sums = new Map();
  lines.forEach(({ sku, location, quantity }, index) => {
    const place = `${sku}/${location || ''}`;
    const known = sums.get(place);
    sums.set(place, { index, sku, location, ...known, quantity: (known ? known.quantity : 0) + quantity });
  });
  return [...sums.values()];
}

// Every line has got what its cart's mode says, where it says.
function isServedAsAsked({ mode, lines }, reservation) {
  return summed(lines).every(({ index, sku, location, quantity }) => {
    const served = reservation.lines.filter(({ line }) => line === index);
    const isInPlace = served.every((line) => line.sku === sku && (!location || line.location === location));
    const units = unitsOf(served);
    return isInPlace && (mode === 'best_effort' ? units <= quantity : units === quantity);
  });
}

// Books what is final, which must be what was asked for.
function confirm(reservation, body, units) {
  const { ok, body: confirmed } = client.confirm(reservation.id, body);
  if (!ok) {
    return;
  }
  brokenCarts.add(confirmed.state !== 'confirmed' || unitsOf(confirmed.lines) !== units);
  confirmed.lines.forEach((line) => acknowledged(accountOf(line), line.quantity));
}

function confirmOneUnit(reservation) {
  const { sku, location } = reservation.lines.find(({ quantity }) => quantity > 0);
  confirm(reservation, { order: `part-of-${reservation.customer}`, lines: [{ sku, location, quantity: 1 }] }, 1);
}

function confirmAll(reservation) {
  confirm(reservation, { order: `order-of-${reservation.customer}` }, unitsOf(reservation.lines));
}

const FATES = [confirmAll, confirmAll, confirmAll, confirmAll, confirmAll, confirmOneUnit, confirmOneUnit];
const GIVEN_BACK = [7, 8];
const FORGOTTEN = 9;

export function buyer({ run }) {
  const number = exec.scenario.iterationInTest;
  const dice = diceOf(number);
  const fate = number % 10;
  const key = `${run}-${number}`;
  const cart = cartOf(run, number, dice, fate === FORGOTTEN);

  const asked = client.reserve(key, cart, [HELD, SHORT]);
  if (asked.shed) {
    return;
  }
  if (dice(4) === 0) {
    askAgain(client, key, cart, asked);
  }
  if (dice(10) === 0) {
    look(client, cart.lines[0].sku, (record) => violations(record, unitsAtLocation));
  }
  if (!asked.ok) {
    cartsShort.add(1);
    return;
  }
  cartsHeld.add(1);
  cartsInPart.add(unitsOf(asked.body.lines) < unitsOf(cart.lines) ? 1 : 0);
  brokenCarts.add(!isServedAsAsked(cart, asked.body));
  if (GIVEN_BACK.includes(fate)) {
    client.release(asked.body.id);
  } else if (fate !== FORGOTTEN) {
    FATES[fate](asked.body);
  }
}

export function teardown({ run }) {
  const records = settled(client, skusOf(run, skuCount), (FORGOTTEN_TTL_MS * 10) / 1000);
  records.forEach((record) => foundAtServer(accountOf(record), record.allocated));
  insistOnNone(records.flatMap((record) => violationsAtTheEnd(record, unitsAtLocation)));
}
