// The sizes of a flash sale: how its crowd comes and goes. It must not know HTTP, nor what a buyer does.

import { api, positiveInteger, reserveP95_ms, seconds } from './settings.js';

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

const buyers = positiveInteger('BUYERS', { full: 20_000, short: 2_000 });
// RATE names the peak and so decides how long the crowd takes; without it the duration decides the peak.
const duration_s = __ENV.RATE
  ? Math.max(1, Math.round(buyers / (positiveInteger('RATE', {}) * MEAN_OF_PEAK)))
  : seconds('DURATION', { full: '20s', short: '6s' });
const peakPerS = buyers / (duration_s * MEAN_OF_PEAK);

export const config = {
  api,
  buyers,
  units: positiveInteger('UNITS', { full: 1_000, short: 100 }),
  duration_s,
  peakPerS,
  reserveP95_ms,
  stages: SHAPE.map(({ lasts, reaches }) => ({
    duration: `${Math.round(lasts * duration_s * 1000)}ms`,
    target: Math.round(reaches * peakPerS),
  })),
};
