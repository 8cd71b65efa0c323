// The platform answers 503 to all for a while, at half more than its capacity. Environment: SIZE, FAULT,
// CAPACITY, GATEWAY, CONTROL (the stub platform's control listener).

import { throughAFault } from './lib/fault.js';
import { setPlatform } from './lib/gateway.js';

export { crowd as shopper } from './lib/gateway.js';
export { handleSummary } from './lib/outcome.js';

export const options = throughAFault({ fault: '20s', after: '10s' });

export function makeWorse() {
  setPlatform('worse', { status: 503 });
}

export function makeWell() {
  setPlatform('well', { status: 200 });
}
