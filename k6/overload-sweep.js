// From half of the platform's capacity to ten times of it, a step after the other, the crowd's classes mixed. What is served
// must not fall when more is asked. Environment: SIZE, CAPACITY, GATEWAY.

import { seconds } from './lib/settings.js';
import { arrivals, crowd } from './lib/gateway.js';
import { byPhaseAndClass } from './lib/outcome.js';

export { handleSummary } from './lib/outcome.js';

const FACTORS = [0.5, 0.8, 1, 1.5, 2, 3, 5, 10];
const step_s = seconds('STEP', { full: '15s', short: '2s' });

function nameOf(factor) {
  return `x${String(factor).replace('.', '_')}`;
}

// The first step finds an upstream that nothing is known of: it is played once beforehand.
const steps = [['warm_up', arrivals(0.8, 0, step_s)], ...FACTORS.map((factor, place) => [nameOf(factor), arrivals(factor, (place + 1) * step_s, step_s)])];

export const options = {
  scenarios: Object.fromEntries(steps),
  thresholds: byPhaseAndClass(FACTORS.map(nameOf), ['payment', 'checkout', 'browse', 'non_essential', 'admin']),
};

export const shopper = crowd;
