// The platform becomes ten times slower for a while, at half more than its capacity. Environment: SIZE, FAULT,
// CAPACITY, GATEWAY, CONTROL (the stub platform's control listener).

import { throughAFault } from './lib/fault.js';
import { setPlatform } from './lib/gateway.js';

export { crowd as shopper } from './lib/gateway.js';
export { handleSummary } from './lib/outcome.js';

export const options = throughAFault({ fault: '15s', after: '35s' });

export function makeWorse() {
  setPlatform('worse', { slow: 10 });
}

export function makeWell() {
  setPlatform('well', { slow: 1 });
}
