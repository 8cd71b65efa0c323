// A platform that is well, then worse, then well again, under half more than it can do: what the scenarios of a fault
// have in common. Environment: SIZE, BEFORE, FAULT, AFTER.

import { arrivals, once } from './gateway.js';
import { byPhaseAndClass } from './outcome.js';
import { seconds } from './settings.js';

// The options of such a scenario, which exports `makeWorse` and `makeWell` for what is done to the platform.
export function throughAFault({ fault, after }) {
  const before_s = seconds('BEFORE', { full: '15s', short: '3s' });
  const fault_s = seconds('FAULT', { full: fault, short: '4s' });
  const after_s = seconds('AFTER', { full: after, short: '2s' });
  return {
    scenarios: {
      load: arrivals(1.5, 0, before_s + fault_s + after_s),
      worse: once('makeWorse', before_s),
      well: once('makeWell', before_s + fault_s),
    },
    thresholds: byPhaseAndClass(['load'], ['payment', 'checkout', 'browse', 'non_essential', 'admin']),
  };
}
