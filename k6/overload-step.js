// From the platform's capacity to ten times of it at once. Environment: SIZE, DURATION, CAPACITY, GATEWAY.

import { seconds } from './lib/settings.js';
import { arrivals, crowd } from './lib/gateway.js';
import { byPhaseAndClass } from './lib/outcome.js';

export { handleSummary } from './lib/outcome.js';

const before_s = seconds('BEFORE', { full: '20s', short: '3s' });
const duration_s = seconds('DURATION', { full: '30s', short: '6s' });

export const options = {
  scenarios: { one: arrivals(1, 0, before_s), ten: arrivals(10, before_s, duration_s) },
  thresholds: byPhaseAndClass(['one', 'ten'], ['payment', 'checkout', 'browse', 'non_essential', 'admin']),
};

export const shopper = crowd;
