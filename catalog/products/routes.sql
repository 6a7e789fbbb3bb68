-- A running total per route: no window, so its rows are never closed.
SELECT
  origin,
  destination,
  count(*) AS flights,
  avg(delay) AS avg_delay,
  max(distance) AS miles
FROM flights
GROUP BY origin, destination
