/** Shifted and local windows are recognized, and end where DuckDB gives the next event another one. */
import fc from 'fast-check';
import type { PlanWindow } from '@tenon/domain';
import { formatTimestamp, windowBegin, windowEnd } from '@tenon/domain';
import type { Engine } from '@tenon/ports';
import { createEngine } from './engine';
import { Oracle } from './testing/oracle';
import { productOf, sourceOf } from './testing/records';

const source = sourceOf({ seen: { type: 'string', format: 'date-time' } }, { time: 'seen' });

let engine: Engine;
let oracle: Oracle;
beforeAll(async () => {
  engine = await createEngine({ threads: 1 });
  oracle = await Oracle.open();
});
afterAll(async () => {
  oracle.close();
  await engine.close();
});

const windowOf = async (key: string) =>
  (await engine.plan(source, productOf(`SELECT ${key} AS w, count(*) AS n FROM events GROUP BY 1`))).window;

const local = (zone: string, time = 'event_time') => `(${time} AT TIME ZONE 'UTC' AT TIME ZONE '${zone}')`;
const BERLIN = local('Europe/Berlin');

const RECOGNIZED = [
  `date_trunc('day', ${BERLIN})`,
  `date_trunc('hour', ${BERLIN})`,
  `date_trunc('month', ${local('America/New_York')})`,
  `date_trunc('week', ${local('Asia/Kathmandu')})`,
  `date_trunc('day', ${local('America/Santiago')})`,
  `date_trunc('day', ${local('America/Santiago')}) AT TIME ZONE 'America/Santiago'`,
  `date_trunc('day', ${BERLIN}) AT TIME ZONE 'Europe/Berlin' AT TIME ZONE 'UTC'`,
  `date_trunc('month', ${BERLIN}) AT TIME ZONE 'Europe/Berlin'`,
  `(${local('Australia/Lord_Howe')})::DATE`,
  `CAST(date_trunc('day', ${BERLIN}) AS DATE)`,
  `time_bucket(INTERVAL '1 day', ${BERLIN})`,
  `time_bucket('7 days', ${BERLIN}, TIMESTAMP '2024-01-01 03:00:00')`,
  `time_bucket(INTERVAL '1 day', event_time::TIMESTAMPTZ, 'Europe/Berlin')`,
  `time_bucket(INTERVAL '1 day', event_time AT TIME ZONE 'UTC', 'America/Havana')`,
  `date_trunc('day', ${BERLIN} - INTERVAL '6 hours')`,
  `date_trunc('day', ${local('Europe/Berlin', 'seen')} - INTERVAL '6 hours') + INTERVAL '6 hours'`,
  `date_trunc('day', event_time - INTERVAL '6 hours')`,
  `(event_time + INTERVAL 90 MINUTE)::DATE`,
  `INTERVAL '1 day' + time_bucket(INTERVAL '1 day', event_time)`,
  `time_bucket(INTERVAL '1 day', event_time - INTERVAL '6 hours') + INTERVAL '6 hours'`,
];

/** Around the nights in which the clocks of these zones change. */
const moments = fc
  .tuple(
    fc.constantFrom(
      '2024-03-10',
      '2024-03-31',
      '2024-04-07',
      '2024-09-08',
      '2024-10-06',
      '2024-10-27',
      '2024-11-03',
    ),
    fc.integer({ min: -48 * 3600, max: 48 * 3600 }),
  )
  .map(([day, seconds]) => Date.parse(`${day}T00:00:00Z`) * 1000 + seconds * 1e6);

test.each(RECOGNIZED)('%s', async (key) => {
  const window = (await windowOf(key)) as PlanWindow;
  expect(window).toMatchObject({ column: 'w' });
  const labelsOf = async (times: readonly number[]) => {
    const data = times.map((micros) => ({
      time: formatTimestamp(micros),
      data: { seen: formatTimestamp(micros) },
    }));
    await oracle.load(source, data);
    const rows = await oracle.rows(
      `SELECT ${key} AS w FROM events ORDER BY CAST(substr(event_id, 4) AS INTEGER)`,
    );
    return rows.map(([label]) => label as string);
  };
  const times = fc.sample(moments, { numRuns: 40, seed: 11 });
  const labels = await labelsOf(times);
  const bounds = labels.map((label) => [windowBegin(window, label), windowEnd(window, label)] as const);
  bounds.forEach(([begin, end], at) => {
    expect(begin).toBeLessThanOrEqual(times[at]!);
    expect(end).toBeGreaterThan(times[at]!);
  });
  const seen = await labelsOf(bounds.flatMap(([begin, end]) => [begin - 1, begin, end - 1, end]));
  labels.forEach((label, at) => {
    const [before, first, last, after] = seen.slice(at * 4);
    expect([first, last]).toEqual([label, label]);
    expect(before).not.toBe(label);
    expect(after).not.toBe(label);
  });
});

test.each([
  // Event time is in UTC; this says that it were local time, and is another moment.
  "date_trunc('day', event_time AT TIME ZONE 'Europe/Berlin')",
  "date_trunc('day', event_time - INTERVAL '1 month')",
  `time_bucket(INTERVAL '1 day', ${BERLIN}, TIMESTAMP '2024-01-01 03:00:00') AT TIME ZONE 'Europe/Berlin'`,
  `date_trunc('day', ${BERLIN}) AT TIME ZONE 'America/New_York'`,
])('is no window: %s', async (key) => expect(await windowOf(key)).toBeNull());

test('an interval of a zone is said in the plan', async () => {
  expect(await windowOf(`date_trunc('day', ${BERLIN} - INTERVAL '6 hours')`)).toEqual({
    ...{ column: 'w', sizeMicros: 86_400_000_000, sizeMonths: 0 },
    ...{ zone: 'Europe/Berlin', shiftMicros: -21_600_000_000 },
  });
  expect(await windowOf("date_trunc('day', event_time AT TIME ZONE 'UTC' AT TIME ZONE 'UTC')")).toEqual({
    ...{ column: 'w', sizeMicros: 86_400_000_000, sizeMonths: 0 },
  });
});
