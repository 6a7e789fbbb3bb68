-- How each airport is doing, hour by hour: the board that an operations desk keeps open.
-- avg and share are not sums; Tenon keeps the counts and sums behind them, so that batch and speed add up exactly.
SELECT
  time_bucket(INTERVAL '1 hour', event_time) AS window_start,
  origin,
  count(*) AS flights,
  avg(delay) AS avg_delay,
  max(delay) AS max_delay,
  -- Above 15 minutes a flight is late by the rule of the US Department of Transportation.
  count(*) FILTER (WHERE delay > 15) / count(delay) AS share_delayed,
  count(DISTINCT destination) AS destinations
FROM flights
GROUP BY window_start, origin
