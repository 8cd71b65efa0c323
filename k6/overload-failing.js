// The platform answers 503 to all for a while, at half more than its capacity. Environment: SIZE, FAULT,
// CAPACITY, GATEWAY, CONTROL (the stub platform's control listener).

import { seconds } from './lib/settings.js';
import { arrivals, crowd, once, setPlatform } from './lib/gateway.js';
import { byPhaseAndClass } from './lib/outcome.js';

export { handleSummary } from './lib/outcome.js';

const before_s = seconds('BEFORE', { full: '15s', short: '3s' });
const fault_s = seconds('FAULT', { full: '20s', short: '4s' });
const after_s = seconds('AFTER', { full: '10s', short: '2s' });

export const options = {
  scenarios: {
    load: arrivals(1.5, 0, before_s + fault_s + after_s),
    worse: once('makeWorse', before_s),
    well: once('makeWell', before_s + fault_s),
  },
  thresholds: byPhaseAndClass(['load'], ['payment', 'checkout', 'browse', 'non_essential', 'admin']),
};

export const shopper = crowd;

export function makeWorse() {
  setPlatform('worse', { status: 503 });
}

export function makeWell() {
  setPlatform('well', { status: 200 });
}
