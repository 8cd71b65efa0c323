// Five times the platform's capacity, the crowd's classes mixed: who pays or checks out must get through. Environment: SIZE,
// DURATION, CAPACITY, GATEWAY.

import { seconds } from './lib/settings.js';
import { arrivals, crowd } from './lib/gateway.js';
import { byPhaseAndClass } from './lib/outcome.js';

export { handleSummary } from './lib/outcome.js';

const before_s = seconds('BEFORE', { full: '10s', short: '2s' });
const duration_s = seconds('DURATION', { full: '40s', short: '5s' });

export const options = {
  scenarios: { before: arrivals(0.8, 0, before_s), mixed: arrivals(5, before_s, duration_s) },
  thresholds: {
    ...byPhaseAndClass(['mixed'], ['browse', 'non_essential', 'admin']),
    'served{class:payment,phase:mixed}': ['rate>=0.999'],
    'served{class:checkout,phase:mixed}': ['rate>=0.999'],
  },
};

export const shopper = crowd;
