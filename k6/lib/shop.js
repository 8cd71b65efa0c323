// The names of a run's SKUs, and chance that is the same in every run. Names are new in each run: against a
// server that is kept, what earlier runs sold stays sold.

export function newRun(scenario) {
  return `${scenario}-${Date.now()}`;
}

export function skuOf(run, index) {
  return `${run}.${index}`;
}

export function skusOf(run, count) {
  return Array.from({ length: count }, (_, index) => skuOf(run, index));
}

// What of a SKU's name is the same in every run: thresholds are named before there is a run.
export function indexOf(sku) {
  return sku.slice(sku.lastIndexOf('.') + 1);
}

// Dice that fall the same way for the same seed, so that the same sizes give the same crowd (mulberry32).
export function diceOf(seed) {
  let state = seed;
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  };
}
