-- How late is late? The typical flight (p50) and the bad ones (p90, p99) of each day.
-- approx_quantile can be merged (a DDSketch, within 1 %); an exact median could not.
SELECT
  time_bucket(INTERVAL '1 day', event_time) AS window_start,
  count(*) AS flights,
  approx_quantile(delay, 0.5) AS p50_delay,
  approx_quantile(delay, 0.9) AS p90_delay,
  approx_quantile(delay, 0.99) AS p99_delay
FROM flights
GROUP BY window_start
