// What a run through the gateway ends with: how much of each class was served, in each phase that the scenario has. It
// must not know scenarios.

// Thresholds that always hold, since k6 sums up only what a threshold names.
export function byPhaseAndClass(phases, classes) {
  const names = phases.flatMap((phase) => classes.map((name) => `served{class:${name},phase:${phase}}`));
  return Object.fromEntries(names.map((name) => [name, ['rate>=0']]));
}

export function handleSummary({ metrics }) {
  const named = Object.entries(metrics).filter(([name]) => /^(served|served_took_ms)\{/.test(name));
  const lines = named
    .filter(([, { values }]) => values.passes === undefined || values.passes + values.fails > 0)
    .map(([name, { values, thresholds }]) => {
      const broken = Object.entries(thresholds || {}).filter(([, { ok }]) => !ok);
      const figure = values.rate === undefined ? `p99 ${values['p(99)']} ms` : `${(values.rate * 100).toFixed(2)} % of ${values.passes + values.fails}`;
      return `  ${name}: ${figure}${broken.map(([rule]) => `  BROKEN ${rule}`).join('')}`;
    });
  const dropped = metrics.dropped_iterations ? metrics.dropped_iterations.values.count : 0;
  return { stdout: `${lines.join('\n')}\n  ${dropped} requests that k6 could not send\n` };
}
