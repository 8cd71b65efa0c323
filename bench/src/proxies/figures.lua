-- What wrk has measured, as one line of JSON. Times are microseconds.
function done(summary, latency, requests)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  print(string.format(
    'figures {"requests":%d,"duration_us":%d,"p50_us":%f,"p99_us":%f,"p999_us":%f,"max_us":%f,"errors":%d}',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency:percentile(99.9),
    latency.max, failed))
end
