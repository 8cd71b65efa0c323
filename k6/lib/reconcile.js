// The arithmetic of "never oversell" over the server's own figures for a SKU at a location.
// It must not know who bought what; it only judges stock records.

import { sleep } from 'k6';
import { Rate } from 'k6/metrics';

const POLL_S = 0.2;

const brokenBalances = new Rate('broken_balances');

function isUnbalanced({ on_hand, held, allocated, available }) {
  return allocated + held + available !== on_hand || held < 0 || allocated < 0;
}

function described({ sku, location, on_hand, held, allocated, available }) {
  return `${sku} at ${location}: on_hand ${on_hand}, held ${held}, allocated ${allocated}, available ${available}`;
}

// What is wrong with a record even if its on_hand was lowered below what is promised; empty when it balances.
export function violationsInShortfall(record) {
  const found = isUnbalanced(record) ? [`does not add up: ${described(record)}`] : [];
  if ((record.shortfall || 0) !== Math.max(0, -record.available)) {
    found.push(`shortfall is ${record.shortfall}: ${described(record)}`);
  }
  return found;
}

// What is wrong with a record at any moment, given the stock that was put in; empty when it balances.
export function violations(record, onHand) {
  const { on_hand, held, allocated, available } = record;
  const found = [];
  if (on_hand !== onHand) {
    found.push(`on_hand is ${on_hand}, ${onHand} were put in`);
  }
  if (isUnbalanced(record)) {
    found.push(`does not add up: ${described(record)}`);
  }
  if (available < 0 || allocated + held > onHand) {
    found.push(`oversold: ${described(record)}`);
  }
  return found;
}

// What is wrong once nobody buys any more and every hold should have ended; by now `allocated` is known too.
export function violationsAtTheEnd(record, onHand, allocated) {
  const found = violations(record, onHand);
  if (record.held !== 0) {
    found.push(`${record.held} units are still held by nobody: ${described(record)}`);
  }
  if (allocated !== undefined && record.allocated !== allocated) {
    found.push(`${record.allocated} units sold, not ${allocated}: ${described(record)}`);
  }
  return found;
}

// The books must balance at every moment, not only at the end: a look at one SKU while it is sold.
export function look(client, sku, violationsOf) {
  const { ok, body } = client.readSku(sku);
  if (!ok) {
    return;
  }
  const found = body.locations.flatMap(violationsOf);
  brokenBalances.add(found.length > 0);
  found.forEach((violation) => console.error(`while selling: ${violation}`));
}

// The records of these SKUs at all their locations once nothing is held any more, or as they are when the
// patience ends.
export function settled(client, skus, patience_s) {
  for (let waited_s = 0; ; waited_s += POLL_S) {
    const { ok, body } = client.readSkus(skus);
    if (!ok || body.skus.length !== skus.length) {
      throw new Error(`cannot read ${skus.join(', ')}`);
    }
    const records = body.skus.flatMap(({ locations }) => locations);
    if (waited_s >= patience_s || records.every(({ held }) => held === 0)) {
      return records;
    }
    sleep(POLL_S);
  }
}

// Ends the run as failed when anything is wrong.
export function insistOnNone(found) {
  if (found.length > 0) {
    throw new Error(`the books do not balance: ${found.join('; ')}`);
  }
}
