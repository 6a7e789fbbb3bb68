/** An event of which a product's FROM makes too many rows is a dead letter of the product, in both layers alike. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine, EngineEvent } from '@tenon/ports';
import { ledgerTotal } from '@tenon/domain';
import { createEngine } from './engine';
import type { Folded } from './testing/pipeline';
import { answerOf, foldArchive, foldLive } from './testing/pipeline';
import { productOf, recordOf, sourceOf } from './testing/records';

const source = sourceOf({ s: { type: 'string' }, l: { type: 'array', items: { type: 'integer' } } });
const LIMIT = 10;

let engine: Engine;
let directory: string;
beforeAll(async () => {
  engine = await createEngine({ threads: 1, maxRowsPerEvent: LIMIT });
  directory = mkdtempSync(join(tmpdir(), 'tenon-rows-'));
});
afterAll(async () => {
  await engine.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Lists of these lengths, and texts that are numbers or not. */
const eventsOf = (all: readonly (readonly [length: number, s: string])[]): EngineEvent[] =>
  all.map(([length, s], offset) => ({
    partition: 0,
    record: recordOf(offset, {
      time: '2024-01-01T00:00:00Z',
      data: { s, l: Array.from({ length }, (_, item) => item % 3) },
    }),
  }));

const UNNESTED = 'SELECT x, count(*) AS n FROM events, unnest(l) AS t(x) GROUP BY x';
const CAST = 'SELECT x, count(*) AS n, sum(s::INTEGER) AS total FROM events, unnest(l) AS t(x) GROUP BY x';
const FILTERED = "SELECT x, count(*) AS n FROM events, unnest(l) AS t(x) WHERE s <> 'no' GROUP BY x";
const PAIRS = 'SELECT count(*) AS n FROM events, unnest(l) AS a(x), unnest(l) AS b(y)';
const KEPT = Array.from({ length: 40 }, () => [3, '1'] as const);

test.each([
  [
    'a long list',
    UNNESTED,
    [...KEPT, [11, '1'], [10, '1'], [5_000, '1']],
    { 40: 'too-many-cells', 42: 'too-many-cells' },
  ],
  [
    'beside rows that fail',
    CAST,
    [[3, 'x'], ...KEPT, [300, '1'], [11, '2'], [4, 'y']],
    { 0: 'refused-by-sql', 41: 'too-many-cells', 42: 'too-many-cells', 43: 'refused-by-sql' },
  ],
  ['what is filtered away', FILTERED, [[300, 'no'], ...KEPT, [300, 'yes']], { 41: 'too-many-cells' }],
  [
    'lists times lists',
    PAIRS,
    [
      [3, ''],
      [4, ''],
      [2, ''],
    ],
    { 1: 'too-many-cells' },
  ],
] as [string, string, [number, string][], Record<number, string>][])(
  '%s',
  async (_, sql, given, expected) => {
    const plan = await engine.plan(source, productOf(sql));
    const events = eventsOf(given);
    const good = events.filter(({ record }) => expected[record.offset] === undefined);
    const liveOf = async (all: readonly EngineEvent[]) =>
      (await foldLive(engine, source, [plan], [all]))[0] as Folded;
    const live = await liveOf(events);
    const folder = mkdtempSync(join(directory, 'archive-'));
    const [archived] = await foldArchive(engine, source, [plan], events, folder, 1000);
    for (const folded of [live, archived as Folded]) {
      const codes = Object.fromEntries(folded.refused.map(({ offset, code }) => [offset, code]));
      expect(codes).toEqual(expected);
      expect(folded.ledger).toMatchObject({ deadLettered: Object.keys(expected).length });
      expect(ledgerTotal(folded.ledger)).toBe(events.length);
      const answer = async (one: Folded) => (await answerOf(engine, plan, one)).sort();
      expect(await answer(folded)).toEqual(await answer(await liveOf(good)));
    }
    const detail = live.refused.find(({ code }) => code === 'too-many-cells')?.detail;
    expect(detail).toMatch(/^FROM makes \d+ rows of this event: there may be 10 /);
  },
);

test('the same bound holds for windows of hop, when the product is planned', async () => {
  const hop = (size: number) =>
    `SELECT window_start, count(*) AS n FROM events, hop(event_time, INTERVAL '${size} minutes', INTERVAL '1 minute') GROUP BY ALL`;
  await expect(engine.plan(source, productOf(hop(10)))).resolves.toBeDefined();
  await expect(engine.plan(source, productOf(hop(11)))).rejects.toMatchObject({
    problems: [{ code: 'too-many-cells' }],
  });
});
