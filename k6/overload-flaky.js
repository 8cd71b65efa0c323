// Half of what the platform answers is an error for a while, at half more than its capacity, and the gateway has no breaker
// to speak of: the budget alone bounds retries. Environment: SIZE, FAULT, CAPACITY, GATEWAY, CONTROL (the stub platform's
// control listener).

import { throughAFault } from './lib/fault.js';
import { setPlatform } from './lib/gateway.js';

export { crowd as shopper } from './lib/gateway.js';
export { handleSummary } from './lib/outcome.js';

export const options = throughAFault({ fault: '20s', after: '10s' });

export function makeWorse() {
  setPlatform('worse', { status: 503, error_rate: 0.5 });
}

export function makeWell() {
  setPlatform('well', { status: 200, error_rate: 0 });
}
