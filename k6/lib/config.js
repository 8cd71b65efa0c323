// The sizes of a flash sale, read from the environment and checked once; past here they hold.
// It must not know HTTP, nor what a buyer does.

function positiveInteger(name, otherwise) {
  const text = __ENV[name] || otherwise;
  if (!/^[1-9]\d*$/.test(text)) {
    throw new Error(`${name} must be a positive integer, not "${text}"`);
  }
  return Number(text);
}

function seconds(name, otherwise) {
  const text = __ENV[name] || otherwise;
  const match = /^([1-9]\d*)(s|m)$/.exec(text);
  if (!match) {
    throw new Error(`${name} must be a duration such as 20s or 2m, not "${text}"`);
  }
  return Number(match[1]) * (match[2] === 'm' ? 60 : 1);
}

// The crowd as fractions: of the duration, and of the peak rate reached by its end. Doors open to a
// rush that stays a while and then thins out.
const SHAPE = [
  { lasts: 0.1, reaches: 1.0 },
  { lasts: 0.4, reaches: 1.0 },
  { lasts: 0.5, reaches: 0.1 },
];

// The area under SHAPE with a peak and a duration of one: the mean rate as a fraction of the peak.
const MEAN_OF_PEAK = SHAPE.reduce(
  ({ area, from }, { lasts, reaches }) => ({ area: area + (lasts * (from + reaches)) / 2, from: reaches }),
  { area: 0, from: 0 },
).area;

const buyers = positiveInteger('BUYERS', '20000');
// RATE names the peak and so decides how long the crowd takes; without it the duration decides the peak.
const duration_s = __ENV.RATE
  ? Math.max(1, Math.round(buyers / (positiveInteger('RATE') * MEAN_OF_PEAK)))
  : seconds('DURATION', '20s');
const peakPerS = buyers / (duration_s * MEAN_OF_PEAK);

export const config = {
  api: __ENV.API || 'http://127.0.0.1:7700',
  buyers,
  units: positiveInteger('UNITS', '1000'),
  duration_s,
  peakPerS,
  // Generous: a shared machine that is busy with something else must not fail a correct server.
  reserveP95_ms: positiveInteger('P95_MS', '2000'),
  stages: SHAPE.map(({ lasts, reaches }) => ({
    duration: `${Math.round(lasts * duration_s * 1000)}ms`,
    target: Math.round(reaches * peakPerS),
  })),
};
