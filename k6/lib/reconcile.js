// The arithmetic of "never oversell" over the server's own figures for one SKU at one location.
// It must not know who bought what; it only judges stock records.

import { sleep } from 'k6';

const POLL_S = 0.2;

// What is wrong with a record at any moment, given the stock that was put in; empty when it balances.
export function violations(record, onHand) {
  const { on_hand, held, allocated, available } = record;
  const found = [];
  if (on_hand !== onHand) {
    found.push(`on_hand is ${on_hand}, ${onHand} were put in`);
  }
  if (allocated + held + available !== on_hand) {
    found.push(`allocated ${allocated} + held ${held} + available ${available} is not on_hand ${on_hand}`);
  }
  if (Math.min(held, allocated, available) < 0 || allocated + held > onHand) {
    found.push(`oversold: allocated ${allocated}, held ${held}, available ${available} of ${onHand}`);
  }
  return found;
}

// What is wrong once nobody buys any more and every unit should have found its buyer.
export function violationsAtTheEnd(record, onHand) {
  const found = violations(record, onHand);
  if (record.held !== 0) {
    found.push(`${record.held} units are still held by nobody`);
  }
  if (record.allocated !== onHand) {
    found.push(`${record.allocated} of ${onHand} units sold`);
  }
  return found;
}

// The SKU's record once nothing is held any more, or as it is when the patience ends.
export function settled(client, sku, patience_s) {
  for (let waited_s = 0; ; waited_s += POLL_S) {
    const { ok, body } = client.readSku(sku);
    if (!ok) {
      throw new Error(`cannot read ${sku}`);
    }
    const record = body.locations[0];
    if (record.held === 0 || waited_s >= patience_s) {
      return record;
    }
    sleep(POLL_S);
  }
}
