/** first, last, arg_min and arg_max of equal keys: several of them name one event, whatever the order and the layer. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Value } from '@tenon/domain';
import type { Engine, EngineEvent } from '@tenon/ports';
import { createEngine } from './engine';
import { Oracle } from './testing/oracle';
import { answerOf, foldArchive, foldLive } from './testing/pipeline';
import { productOf, recordOf, sourceOf } from './testing/records';

const source = sourceOf({
  t: { type: ['integer', 'null'] },
  u: { type: ['integer', 'null'] },
  a: { type: 'string' },
  b: { type: 'string' },
  pair: { type: 'object', properties: { x: { type: 'string' }, y: { type: 'integer' } } },
  list: { type: 'array', items: { type: 'integer' } },
});

/** A run writes files of the archive: slow on a machine that is loaded. */
let engine: Engine;
let oracle: Oracle;
const directory = mkdtempSync(join(tmpdir(), 'tenon-ties-'));
beforeAll(async () => {
  engine = await createEngine({ threads: 1 });
  oracle = await Oracle.open();
});
afterAll(async () => {
  oracle.close();
  await engine.close();
  rmSync(directory, { recursive: true });
});

const TIME = '2024-03-01T10:20:30Z';
interface Data {
  readonly t: number | null;
  readonly u: number | null;
  readonly a: string;
  readonly b: string;
  readonly pair: { readonly x: string; readonly y: number } | null;
  readonly list: readonly number[];
}

const small = fc.option(fc.integer({ min: 0, max: 2 }));
const letter = fc.constantFrom('p', 'q', 'r', 's');
const data: fc.Arbitrary<Data> = fc.record({
  t: small,
  u: small,
  a: letter,
  b: letter,
  pair: fc.option(fc.record({ x: letter, y: fc.integer({ min: 0, max: 3 }) })),
  list: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 2 }),
});

const eventsOf = (all: readonly Data[]): EngineEvent[] =>
  all.map((one, offset) => ({ partition: offset % 3, record: recordOf(offset, { time: TIME, data: one }) }));

/** What both layers say, however the events are divided. */
async function answers(sql: string, all: readonly Data[], split: number): Promise<Value[][][]> {
  const plan = await engine.plan(source, productOf(sql));
  const events = eventsOf(all);
  const backwards = [...events].reverse();
  const folds = [
    await foldLive(engine, source, [plan], [events]),
    await foldLive(engine, source, [plan], [backwards.slice(0, split), backwards.slice(split)]),
    await foldArchive(engine, source, [plan], events, directory, Math.max(1, split)),
  ];
  return Promise.all(folds.map(([folded]) => answerOf(engine, plan, folded!)));
}

test('several of them name one event, with a second key and whole structs too', async () => {
  const sql = `SELECT first(event_id ORDER BY t) AS f, first(a ORDER BY t) AS fa, arg_min(b, t) AS fb,
      last(event_id ORDER BY t) AS l, last(pair ORDER BY t) AS lp, last(list ORDER BY t) AS ll,
      last(event_id ORDER BY t, u) AS l2, last(a ORDER BY t, u) AS la2, arg_max_null(pair, {'t': t, 'u': u}) AS lp2,
      last(pair ORDER BY t).x AS lx
    FROM events WHERE t IS NOT NULL AND u IS NOT NULL`;
  await fc.assert(
    fc.asyncProperty(fc.array(data, { minLength: 1, maxLength: 12 }), fc.nat(12), async (all, split) => {
      const known = all.filter(({ t, u }) => t !== null && u !== null);
      if (known.length === 0) return;
      const [live, other, archived] = await answers(sql, all, split);
      expect(other).toEqual(live);
      expect(archived).toEqual(live);
      const row = live![0] as Value[];
      const named = (id: Value | undefined) => all[Number(String(id).slice('id-'.length))] as Data;
      const [f, fa, fb, l, lp, ll, l2, la2, lp2, lx] = row;
      expect([fa, fb]).toEqual([named(f).a, named(f).b]);
      expect([lp, ll]).toEqual([named(l).pair, named(l).list]);
      expect([la2, lp2]).toEqual([named(l2).a, named(l2).pair]);
      expect(lx).toEqual(named(l).pair?.x ?? null);
      const most = (key: (one: Data) => number) => Math.max(...known.map(key));
      expect(named(f).t).toBe(Math.min(...known.map(({ t }) => t as number)));
      expect(named(l).t).toBe(most(({ t }) => t as number));
      const rank = ({ t, u }: Data) => (t as number) * 10 + (u as number);
      expect(rank(named(l2))).toBe(most(rank));
    }),
    { numRuns: 12 },
  );
});

test.each([
  'first(a ORDER BY t DESC, event_id DESC)',
  'last(a ORDER BY t DESC, event_id DESC)',
  'first(a ORDER BY t NULLS FIRST, event_id)',
  'last(a ORDER BY t NULLS FIRST, event_id)',
  'first(a ORDER BY t DESC NULLS FIRST, u DESC NULLS LAST, event_id DESC)',
  'last(b ORDER BY t DESC NULLS FIRST, u DESC, event_id DESC)',
  'first(b ORDER BY t, u NULLS FIRST, event_id)',
  'last(a ORDER BY t, u, event_id) FILTER (u > 0)',
  "arg_max(a, {'t': t, 'e': event_id})",
  "arg_min(pair, {'t': t, 'u': u, 'e': event_id})",
])('%s is what DuckDB says, with nulls at either end', async (measure) => {
  const sql = `SELECT b AS k, ${measure} AS m FROM events GROUP BY b`;
  await fc.assert(
    fc.asyncProperty(fc.array(data, { minLength: 1, maxLength: 10 }), fc.nat(10), async (all, split) => {
      await oracle.load(
        source,
        all.map((one) => ({ time: TIME, data: one })),
      );
      const sorted = (rows: readonly (readonly Value[])[]) =>
        [...rows].sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1));
      const expected = sorted(await oracle.rows(sql));
      for (const answer of await answers(sql, all, split)) expect(sorted(answer)).toEqual(expected);
    }),
    { numRuns: 6 },
  );
});

test('structs, lists and keys of any size are bounded: null, and named as approximate', async () => {
  const sql = `SELECT last(pair ORDER BY t) AS lp, first(pair ORDER BY t) AS fp, last(list ORDER BY t, a) AS ll,
      last(t ORDER BY a, u) AS by_long, first(t ORDER BY a, u) AS by_short FROM events`;
  const plan = await engine.plan(source, productOf(sql));
  const one = (t: number, a: string, pair: Data['pair'], list: number[] = []): Data => ({
    t,
    u: t,
    a,
    b: '',
    pair,
    list,
  });
  const long = 'z'.repeat(20_000);
  const many = Array.from({ length: 40_000 }, (_, index) => index);
  const events = eventsOf([
    one(1, 'a', { x: 'short', y: 1 }),
    one(2, `${long}1`, null, [1]),
    one(3, `${long}2`, { x: long.repeat(4), y: 3 }, many),
  ]);
  const [live] = await foldLive(engine, source, [plan], [events.slice(0, 2), events.slice(2)]);
  const [other] = await foldLive(engine, source, [plan], [[...events].reverse()]);
  const [archived] = await foldArchive(engine, source, [plan], events, directory, 2);
  expect([...other!.cells]).toEqual([...live!.cells]);
  expect([...archived!.cells]).toEqual([...live!.cells]);
  expect(JSON.stringify([...live!.cells]).length).toBeLessThan(120_000);
  const [row] = await engine.finalize(plan, [{ key: [], states: live!.cells.get('[]')! }]);
  expect(row!.values).toEqual([null, { x: 'short', y: 1 }, null, null, 1]);
  expect(row!.approximate).toEqual(['lp', 'll', 'by_long']);
});

test('keys in two directions are refused, with a way out that works', async () => {
  const planned = (sql: string) => engine.plan(source, productOf(sql));
  await expect(planned('SELECT first(a ORDER BY t, u DESC) AS m FROM events')).rejects.toMatchObject({
    problems: [{ code: 'not-mergeable', hint: expect.stringContaining('ORDER BY a, -b') }],
  });
  await expect(planned('SELECT first(a ORDER BY t, -u) AS m FROM events')).resolves.toMatchObject({ v: 1 });
});

test('what it needs is not in the hash: products of the release before stay what they are', async () => {
  const plan = await engine.plan(source, productOf('SELECT arg_max(a, t) AS m FROM events'));
  expect(plan.hash).toBe('b33c9063fd82f0d4d03e5f38b9b40446');
  expect(plan.engine.columns.map(({ name }) => name)).toContain('event_id');
});
