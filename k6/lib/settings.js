// Settings from the environment, checked once; past here they hold. SIZE chooses between two sets of
// defaults: `full` to look at a server, `short` for CI. It must not know what a scenario does with them.

const SIZES = ['full', 'short'];

function chosenSize() {
  const size = __ENV.SIZE || 'full';
  if (!SIZES.includes(size)) {
    throw new Error(`SIZE must be one of ${SIZES.join(', ')}, not "${size}"`);
  }
  return size;
}

const size = chosenSize();

function text(name, defaults) {
  return __ENV[name] || String(defaults[size]);
}

// positiveInteger('BUYERS', { full: 20000, short: 2000 })
export function positiveInteger(name, defaults) {
  const given = text(name, defaults);
  if (!/^[1-9]\d*$/.test(given)) {
    throw new Error(`${name} must be a positive integer, not "${given}"`);
  }
  return Number(given);
}

// seconds('DURATION', { full: '20s', short: '6s' })
export function seconds(name, defaults) {
  const given = text(name, defaults);
  const match = /^([1-9]\d*)(s|m)$/.exec(given);
  if (!match) {
    throw new Error(`${name} must be a duration such as 20s or 2m, not "${given}"`);
  }
  return Number(match[1]) * (match[2] === 'm' ? 60 : 1);
}

export const api = __ENV.API || 'http://127.0.0.1:7700';

// Generous: a shared machine that is busy with something else must not fail a correct server.
export const reserveP95_ms = positiveInteger('P95_MS', { full: 2000, short: 2000 });
