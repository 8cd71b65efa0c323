// An ERP that writes stock while it is sold: imports run one after another over the same SKUs as the rush, a
// third of them with absolute figures that fall below what is promised and rise again, a third with what is
// available, and a third with differences, each sent twice. It ends with every unit accounted for.
// Sizes come by environment: SIZE=full|short, BUYERS (at once), SKUS (of each kind), DURATION, P95_MS, API.

import exec from 'k6/execution';
import { sleep } from 'k6';
import { Counter, Rate } from 'k6/metrics';
import { acknowledged, balanced, foundAtServer } from './lib/accounts.js';
import { Client } from './lib/client.js';
import { insistOnNone, look, settled, violationsAtTheEnd, violationsInShortfall } from './lib/reconcile.js';
import { api, positiveInteger, reserveP95_ms, seconds } from './lib/settings.js';
import { diceOf, indexOf, newRun, skuOf } from './lib/shop.js';

export { handleSummary } from './lib/summary.js';

const HELD = '201';
const SHORT = '409 insufficient_stock';
const TTL_MS = 60_000;
const BETWEEN_IMPORTS_S = 0.2;
const BETWEEN_PURCHASES_S = 0.01;
const HOUR_MS = 3_600_000;
// What an ERP that counts once a round reports: nothing in every second round, and all there is in the others.
const ON_HAND = 1_000_000;
const AVAILABLE = 50;
const DELTAS = [7, -3];
const KINDS = ['set', 'available', 'delta'];

const skusOfAKind = positiveInteger('SKUS', { full: 100, short: 20 });
const duration_s = seconds('DURATION', { full: '30s', short: '5s' });

function places(kind) {
  return Array.from({ length: skusOfAKind }, (_, number) => `${kind}-${number}`);
}

const allPlaces = KINDS.flatMap(places);

const imports = new Counter('imports');
const shortfalls = new Counter('shortfalls_seen');
const healed = new Counter('shortfalls_healed');
const unitsSold = new Counter('units_sold');
const brokenImports = new Rate('broken_imports');

function soldOf(place) {
  return `sold ${place}`;
}

function onHandOf(place) {
  return `on_hand ${place}`;
}

export const options = {
  scenarios: {
    rush: {
      executor: 'constant-vus',
      exec: 'buyer',
      vus: positiveInteger('BUYERS', { full: 64, short: 16 }),
      duration: `${duration_s}s`,
    },
    erp: { executor: 'constant-vus', exec: 'erp', vus: 1, duration: `${duration_s}s` },
  },
  thresholds: {
    unexpected_answers: ['rate==0'],
    broken_balances: ['rate==0'],
    broken_imports: ['rate==0'],
    imports: ['count>=2'],
    shortfalls_seen: ['count>0'],
    shortfalls_healed: ['count>0'],
    units_sold: ['count>0'],
    'http_req_duration{name:reserve}': [`p(95)<${reserveP95_ms}`],
    ...balanced([...allPlaces.map(soldOf), ...places('delta').map(onHandOf)]),
  },
};

const client = new Client(api);

function isTallied({ ok, body }, { applied, stale = 0, skipped = 0, refused = 0 }) {
  return ok && body.applied === applied && body.stale === stale && body.skipped === skipped && body.refused === refused;
}

function setLine(run, place, on_hand, source_ts_ms) {
  return { sku: skuOf(run, place), location: 'default', on_hand, source_ts_ms };
}

// The ERP's clock is behind and its own: only the order of its times counts.
export function setup() {
  const run = newRun('erp');
  const source_ms = Date.now() - HOUR_MS;
  const lines = allPlaces.map((place) => setLine(run, place, ON_HAND, source_ms));
  if (!isTallied(client.importStock(lines), { applied: lines.length })) {
    exec.test.abort(`cannot import stock at ${api}`);
  }
  return { run, source_ms };
}

export function buyer({ run }) {
  const number = exec.scenario.iterationInTest;
  const dice = diceOf(number);
  const lines = Array.from({ length: 1 + dice(2) }, () => ({
    sku: skuOf(run, allPlaces[dice(allPlaces.length)]),
    location: 'default',
    quantity: 1 + dice(2),
  }));
  const body = { customer: `buyer-${number}`, ttl_ms: TTL_MS, lines };
  const asked = client.reserve(`${run}-${number}`, body, [HELD, SHORT]);
  if (asked.ok && number % 3 === 0) {
    client.release(asked.body.id);
  } else if (asked.ok) {
    buy(asked.body);
  }
  if (number % 20 === 0) {
    look(client, lines[0].sku, violationsInShortfall);
  }
  sleep(BETWEEN_PURCHASES_S);
}

function buy({ id, lines }) {
  if (client.confirm(id, { order: `order-of-${id}` }).ok) {
    lines.forEach(({ sku, quantity }) => acknowledged(soldOf(indexOf(sku)), quantity));
    unitsSold.add(lines.reduce((units, { quantity }) => units + quantity, 0));
  }
}

// The SKUs of one kind by their records.
function readKind(run, kind) {
  const { ok, body } = client.readSkus(places(kind).map((place) => skuOf(run, place)));
  return ok ? body.skus.map(({ locations }) => locations[0]) : [];
}

function promised({ held, allocated }) {
  return held + allocated;
}

// Absolute figures, each followed by an older one that came late.
function importFigures(run, source_ms, on_hand) {
  const lines = places('set').flatMap((place) => [
    setLine(run, place, on_hand, source_ms),
    setLine(run, place, ON_HAND * 2, source_ms - 1),
  ]);
  return isTallied(client.importStock(lines), { applied: lines.length / 2, stale: lines.length / 2 });
}

// While more is promised than there is, nothing new is: what is promised can only fall.
function lookAtShortfalls(run) {
  const before = readKind(run, 'set');
  const after = readKind(run, 'set');
  shortfalls.add(after.filter(({ shortfall }) => shortfall > 0).length);
  return after.every((record, index) => promised(record) <= promised(before[index]));
}

function runDry(run, source_ms) {
  const isImported = importFigures(run, source_ms, 0);
  return lookAtShortfalls(run) && isImported;
}

function refill(run, source_ms) {
  const short = readKind(run, 'set').map(({ shortfall }) => shortfall > 0);
  const isImported = importFigures(run, source_ms, ON_HAND);
  const after = readKind(run, 'set');
  healed.add(after.filter(({ available }, index) => short[index] && available >= 0).length);
  return isImported && after.every(({ on_hand, shortfall }) => on_hand === ON_HAND && shortfall === undefined);
}

function importAvailable(run) {
  const lines = places('available').map((place) => ({ sku: skuOf(run, place), available: AVAILABLE }));
  return isTallied(client.importStock(lines), { applied: lines.length });
}

// A file that is sent again, as after a lost answer: every reference is known by then. One line is for a SKU
// that nobody knows, and stops no other.
function importDeltas(run, round) {
  const lines = places('delta').flatMap((place) =>
    DELTAS.map((delta, index) => ({ sku: skuOf(run, place), delta, reference: `${round}-${index}` })));
  const unknown = { sku: skuOf(run, 'unknown'), delta: 1, reference: `${round}` };
  const first = client.importStock([unknown, ...lines]);
  if (first.ok) {
    const delta = DELTAS.reduce((sum, each) => sum + each, 0);
    places('delta').forEach((place) => acknowledged(onHandOf(place), delta));
  }
  const names = first.ok && first.body.errors.map(({ line, code }) => `${line} ${code}`).join() === '1 unknown_sku';
  const isFirstRight = isTallied(first, { applied: lines.length, refused: 1 });
  return names && isFirstRight && isTallied(client.importStock(lines), { applied: 0, skipped: lines.length });
}

export function erp({ run, source_ms }) {
  const round = exec.vu.iterationInScenario;
  const now_ms = source_ms + (round + 1) * 10;
  const figures = round % 2 === 0 ? runDry : refill;
  const areRight = [figures(run, now_ms), importAvailable(run), importDeltas(run, round)];
  brokenImports.add(areRight.includes(false));
  imports.add(1);
  sleep(BETWEEN_IMPORTS_S);
}

// The last import finds the shop closed: from here on every figure is known.
export function teardown({ run, source_ms }) {
  const isRefilled = refill(run, source_ms + HOUR_MS) && importAvailable(run);
  const records = settled(client, allPlaces.map((place) => skuOf(run, place)), 1);
  const found = isRefilled ? [] : ['the last import failed'];
  records.forEach((record) => {
    const place = indexOf(record.sku);
    const [kind] = place.split('-');
    foundAtServer(soldOf(place), record.allocated);
    const onHand = { set: ON_HAND, available: AVAILABLE + record.allocated, delta: record.on_hand }[kind];
    if (kind === 'delta') {
      foundAtServer(onHandOf(place), record.on_hand - ON_HAND);
    }
    found.push(...violationsAtTheEnd(record, onHand));
  });
  insistOnNone(found);
}
