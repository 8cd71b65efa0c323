// A retry: the same key again must give the same answer without taking a second unit. It must not know what
// was asked for.

import { Rate } from 'k6/metrics';

const REPLAYED = '200';

const brokenReplays = new Rate('broken_replays');

// For a hold, and for refusals that the contract remembers.
export function askAgain(client, key, body, first) {
  const again = client.reserve(key, body, [first.ok ? REPLAYED : `409 ${first.code}`]);
  if (again.shed) {
    return;
  }
  const isSame = again.ok === first.ok && again.body !== null && again.body.replayed === true;
  brokenReplays.add(!isSame || again.body.id !== first.body.id);
}
