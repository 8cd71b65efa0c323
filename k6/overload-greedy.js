// One client asks a hundred times as much as each of the others, who together stay below the platform's capacity. Their
// requests must not be lost for it. Environment: SIZE, DURATION, CAPACITY, GATEWAY (with a quota for each client).

import exec from 'k6/execution';
import { seconds } from './lib/settings.js';
import { arrivals, ask } from './lib/gateway.js';

export { handleSummary } from './lib/outcome.js';

const OTHERS = 50;
const OTHERS_FACTOR = 0.8;
const GREED = 100;
const duration_s = seconds('DURATION', { full: '30s', short: '5s' });

export const options = {
  scenarios: {
    others: arrivals(OTHERS_FACTOR, 0, duration_s, 'other'),
    greedy: arrivals((OTHERS_FACTOR / OTHERS) * GREED, 0, duration_s, 'greedy'),
  },
  thresholds: {
    'served{class:browse,phase:others}': ['rate>0.95'],
    'served{class:browse,phase:greedy}': ['rate>=0'],
  },
};

export function other() {
  ask('browse', `other-${exec.scenario.iterationInTest % OTHERS}`);
}

export function greedy() {
  ask('browse', 'greedy');
}
