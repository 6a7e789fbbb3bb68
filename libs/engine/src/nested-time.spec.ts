/** A source's time within an object makes windows as one at the top does; what only looks like it does not. */
import type { SourceDefinition } from '@tenon/domain';
import type { Engine } from '@tenon/ports';
import { createEngine } from './engine';
import { productOf, sourceOf } from './testing/records';

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ threads: 1 });
});
afterAll(() => engine.close());

const moment = { type: 'string', format: 'date-time' };
const object = (properties: object, type: unknown = 'object') => ({ type, properties });
const nested = (time: string) =>
  sourceOf(
    {
      meta: object({
        at: moment,
        deep: object({ day: { type: 'string', format: 'date' } }, ['object', 'null']),
      }),
      other: object({ at: moment }),
      at: moment,
      'flat.at': moment,
    },
    { time },
  );

const windowOf = async (source: SourceDefinition, sql: string) =>
  (await engine.plan(source, productOf(sql))).window;
const by = (key: string, from = 'events') => `SELECT ${key} AS w, count(*) AS n FROM ${from} GROUP BY 1`;
const HOUR = { column: 'w', sizeMicros: 3_600_000_000, sizeMonths: 0 };
const DAY = { column: 'w', sizeMicros: 86_400_000_000, sizeMonths: 0 };

test.each([
  ['meta.at', by("time_bucket('1 hour', meta.at)"), HOUR],
  ['meta.at', by("date_trunc('hour', data.meta.at)"), HOUR],
  ['meta.at', by("date_trunc('hour', e.META.At)", 'events AS e'), HOUR],
  ['meta.at', by("date_trunc('hour', m.at)", '(SELECT meta AS m FROM events)'), HOUR],
  ['meta.at', by("date_trunc('hour', t)", '(SELECT meta.at AS t FROM events)'), HOUR],
  ['meta.at', by('meta.at::DATE'), DAY],
  ['meta.deep.day', by('meta.deep.day'), DAY],
  ['flat.at', by('date_trunc(\'hour\', "flat.at")'), HOUR],
])('time: %s, %s', async (time, sql, window) => {
  expect(await windowOf(nested(time), sql)).toMatchObject(window);
});

test.each([
  ['meta.at', by("date_trunc('hour', other.at)")],
  ['meta.at', by('date_trunc(\'hour\', "at")')],
  ['meta.at', by('date_trunc(\'hour\', "flat.at")')],
  ['other.at', by("date_trunc('hour', m.at)", "(SELECT {'at': meta.at} AS m FROM events)")],
  ['at', by("date_trunc('hour', meta.at)")],
])('time: %s is not what %s groups by', async (time, sql) => {
  expect(await windowOf(nested(time), sql)).toBeNull();
});
