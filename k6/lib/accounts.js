// Double entry. A scenario runs as many machines that share nothing but metrics: each books what the server
// acknowledged to it, the end books the server's own figure against that, and every account must come to
// zero, which is a threshold. It must not know what is counted.

import { Counter } from 'k6/metrics';

const unaccountedUnits = new Counter('unaccounted_units');

// The thresholds for these accounts, to be spread into a scenario's own.
export function balanced(accounts) {
  return Object.fromEntries(accounts.map((account) => [`unaccounted_units{account:${account}}`, ['count==0']]));
}

// Negative where units were given back.
export function acknowledged(account, units) {
  unaccountedUnits.add(units, { account });
}

// To be called once for each account, at the end.
export function foundAtServer(account, units) {
  unaccountedUnits.add(-units, { account });
}
