/**
 * The macros that Tenon adds to DuckDB's functions. They are plain SQL, so that a product can be tried in any DuckDB:
 *
 *     SELECT window_start, sensor, avg(value)
 *     FROM readings, hop(event_time, INTERVAL '1 hour', INTERVAL '15 minutes')
 *     GROUP BY ALL
 *
 * gives one window of an hour every 15 minutes, and each event in all (here four) windows that it falls into.
 */
export const MACROS: readonly string[] = [
  `CREATE MACRO hop_starts(t, size, slide) AS
     generate_series(time_bucket(slide, t - size) + slide, time_bucket(slide, t), slide)`,
  `CREATE MACRO hop(t, size, slide) AS TABLE
     SELECT unnest(generate_series(time_bucket(slide, t - size) + slide, time_bucket(slide, t), slide)) AS window_start`,
];
