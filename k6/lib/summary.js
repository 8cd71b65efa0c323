// What a run ends with: every threshold that does not hold, and the figures that a reader wants. A scenario
// with an account for every SKU has too many thresholds for k6's own list. It must not know scenarios.

function thresholdsOf(metrics) {
  return Object.entries(metrics).flatMap(([metric, { thresholds = {}, values }]) =>
    Object.entries(thresholds).map(([rule, { ok }]) => ({ metric, rule, ok, values })));
}

function broken({ metric, rule, values }) {
  return `  BROKEN ${metric}: ${rule}, but ${JSON.stringify(values)}`;
}

function counted([name, { values }]) {
  return `  ${name}: ${values.count}`;
}

// The scenario's own counters; k6 counts bytes and requests too, which say nothing about stock.
function isOwnCounter([name, { type }]) {
  return type === 'counter' && !/^(data_|http_|iterations|dropped_|unaccounted_)/.test(name);
}

function isNamedLatency([name]) {
  return name.startsWith('http_req_duration{name:');
}

function latency([name, { values }]) {
  const [median, p95, max] = [values.med, values['p(95)'], values.max].map((ms) => `${ms.toFixed(1)} ms`);
  return `  ${name}: median ${median}, p95 ${p95}, max ${max}`;
}

export function handleSummary({ metrics }) {
  const thresholds = thresholdsOf(metrics);
  const failed = thresholds.filter(({ ok }) => !ok);
  const byName = Object.entries(metrics).sort(([one], [other]) => one.localeCompare(other));
  const lines = [
    ...byName.filter(isOwnCounter).map(counted),
    ...byName.filter(isNamedLatency).map(latency),
    `  ${thresholds.length - failed.length} of ${thresholds.length} thresholds hold`,
    ...failed.map(broken),
  ];
  return { stdout: `${lines.join('\n')}\n` };
}
