/** The archive after a source has changed, and under names and values that a reader could take for something else: kind by kind. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { JsonSchema, LedgerCounts, SourceDefinition, Value } from '@tenon/domain';
import type { Engine, EngineEvent } from '@tenon/ports';
import { createEngine } from './engine';
import { alikeFiles, printedTypes } from './runner/file-columns';
import { columnsOf } from './source-columns';
import { Database } from './sql/database';
import { archive } from './testing/archive';
import type { Folded } from './testing/pipeline';
import { answerOf, foldLive } from './testing/pipeline';
import { productOf, recordOf, sourceOf } from './testing/records';

let engine: Engine;
let directory: string;
let files = 0;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tenon-older-'));
  mkdirSync(join(directory, 'spool'));
  engine = await createEngine({ threads: 1, spoolDirectory: join(directory, 'spool') });
});

afterAll(async () => {
  await engine.close();
  rmSync(directory, { recursive: true });
});

/** Events that were archived under one schema. */
type Era = readonly [Readonly<Record<string, JsonSchema>>, readonly Readonly<Record<string, unknown>>[]];

interface Both {
  readonly rows: Value[][];
  readonly ledger: LedgerCounts;
  readonly refused: readonly string[];
}

/** What the log and the archive give by the last schema, which has to be the same. */
async function bothOf(sql: string, eras: readonly Era[], folder = ''): Promise<Both> {
  const source = sourceOf(eras.at(-1)![0]);
  const plan = await engine.plan(source, productOf(sql));
  const events: EngineEvent[] = [];
  const paths: string[] = [];
  for (const [properties, some] of eras) {
    const own = some.map((data, index): EngineEvent => ({
      partition: 0,
      record: recordOf(events.length + index, { time: '2026-03-01T00:00:00Z', data }),
    }));
    events.push(...own);
    const path = join(directory, folder, `${(files += 1)}.parquet`);
    mkdirSync(dirname(path), { recursive: true });
    await archiveAll(sourceOf(properties), own, path);
    paths.push(path);
  }
  const [live] = await foldLive(engine, source, [plan], [events]);
  const range = { partition: 0, from: 0, to: events.length, paths };
  const { cells, ledger, refused } = await engine.aggregateArchive(source, plan, [range]);
  const archived: Folded = { cells: new Map(), ledger, refused };
  for await (const chunk of cells)
    for (const { key, states } of chunk) {
      expect(archived.cells.has(JSON.stringify(key))).toBe(false);
      (archived.cells as Map<string, Value[]>).set(JSON.stringify(key), states as Value[]);
    }
  expect(Object.fromEntries(archived.cells)).toEqual(Object.fromEntries(live!.cells));
  expect(ledger).toEqual(live!.ledger);
  const places = (all: Folded['refused']) => all.map(({ offset, code }) => `${offset} ${code}`);
  expect(places(refused)).toEqual(places(live!.refused));
  return { rows: await answerOf(engine, plan, live!), ledger, refused: places(refused) };
}

const archiveAll = (source: SourceDefinition, events: readonly EngineEvent[], path: string) =>
  archive(
    engine,
    source,
    events.map((event) => ({ ...event, mark: 'event' as const })),
    path,
  );

const TEXT = { type: 'string' };
const INTEGER = { type: 'integer' };
const MOMENT = { type: 'string', format: 'date-time' };

describe('a field', () => {
  test('that is declared after events with it were archived counts with all of them', async () => {
    const data = [{ x: 1 }, { x: 2 }, { x: 3 }, {}];
    const { rows } = await bothOf('SELECT count(*) AS n, count(x) AS c, sum(x) AS s FROM events', [
      [{}, data],
      [{ x: INTEGER }, [{ x: 10 }]],
    ]);
    expect(rows).toEqual([[5, 4, 16]]);
  });

  test('that becomes a moment is read with its offset', async () => {
    const x = '2026-01-01T10:00:00+02:00';
    const sql = 'SELECT max(x) AS x FROM events';
    const eras: Era[] = [
      [{ x: TEXT }, [{ x }]],
      [{ x: MOMENT }, []],
    ];
    expect((await bothOf(sql, eras)).rows).toEqual([['2026-01-01T08:00:00Z']]);
    // And one that was a moment is the text that came.
    expect(
      (
        await bothOf(
          sql,
          [...eras].reverse().map(([type], era): Era => [type, era === 0 ? [{ x }] : []]),
        )
      ).rows,
    ).toEqual([[x]]);
  });

  test('that is an object and gains a field has it in events of before', async () => {
    const { rows } = await bothOf('SELECT sum(x.a) AS a, max(x.b) AS b FROM events', [
      [{ x: { type: 'object', properties: { a: INTEGER } } }, [{ x: { a: 1, b: 'one' } }]],
      [{ x: { type: 'object', properties: { a: INTEGER, b: TEXT } } }, [{ x: { a: 2, b: 'new' } }]],
    ]);
    expect(rows).toEqual([[3, 'one']]);
  });

  test('whose text is no number any more is a dead letter in both layers, for those that read it', async () => {
    const eras: Era[] = [
      [{ v: TEXT }, [{ v: '12' }, { v: 'abc' }, { v: null }, { v: '' }]],
      [{ v: INTEGER }, [{ v: 7 }]],
      [{ v: { type: 'number', multipleOf: 0.01 } }, [{ v: 0.25 }]],
      [{ v: INTEGER }, []],
    ];
    const read = await bothOf('SELECT count(*) AS n, count(v) AS c, sum(v) AS s FROM events', eras);
    expect(read).toMatchObject({
      rows: [[4, 3, 19]],
      refused: ['1 unreadable-column', '3 unreadable-column'],
      ledger: { aggregated: 4, deadLettered: 2 },
    });
    expect((await bothOf('SELECT count(*) AS n FROM events', eras)).rows).toEqual([[6]]);
  });

  test('of money keeps its digits, whatever width it had', async () => {
    const cents = { type: 'number', multipleOf: 0.01 };
    const mills = { type: 'number', multipleOf: 0.001 };
    const eras: Era[] = [
      [{ x: cents }, [{ x: 1.25 }, { x: 0.005 }]],
      [{ x: mills }, [{ x: 1.125 }]],
    ];
    const sql = 'SELECT sum(x) AS s, min(x) AS lo FROM events';
    expect((await bothOf(sql, eras)).rows).toEqual([[2.38, 0.005]]);
    const back: Era[] = [...eras, [{ x: cents }, []]];
    expect((await bothOf(sql, back)).rows).toEqual([[2.39, 0.01]]);
  });

  test('is not another one whose name differs in case', async () => {
    const eras: Era[] = [
      [{ X: INTEGER }, [{ X: 5 }]],
      [{ x: INTEGER }, [{ x: 1, X: 7 }]],
    ];
    expect((await bothOf('SELECT sum(x) AS s, count(*) AS n FROM events', eras)).rows).toEqual([[1, 2]]);
  });

  test('that no product reads may come and go', async () => {
    const eras: Era[] = [
      [{ k: TEXT, gone: INTEGER }, [{ k: 'a' }]],
      [{ came: MOMENT, k: TEXT }, [{ k: 'a' }]],
      [{ k: TEXT }, [{ k: 'b' }]],
    ];
    const { rows } = await bothOf('SELECT k, count(*) AS n FROM events GROUP BY k', eras);
    expect(new Map(rows as [string, number][])).toEqual(
      new Map([
        ['a', 2],
        ['b', 1],
      ]),
    );
  });
});

describe('a path', () => {
  const schema = { p: INTEGER, g: TEXT };
  const data = [10, 11, 12, 13, 14, 15].map((p, index) => ({ p, g: 'ab'[index % 2] }));

  test.each(['p=3', 'p=1/g=x', "it's p=4/event_time=0"])('%s makes no columns', async (folder) => {
    const { rows } = await bothOf(
      'SELECT g, count(*) AS n, sum(p) AS s, min(p) AS lo FROM events GROUP BY ALL',
      [
        [schema, data.slice(0, 3)],
        [{ g: TEXT }, data.slice(3)],
        [schema, []],
      ],
      folder,
    );
    expect(rows.sort()).toEqual([
      ['a', 3, 36, 10],
      ['b', 3, 39, 11],
    ]);
  });

  test('is no pattern that other files fit', async () => {
    const source = sourceOf(schema);
    const plan = await engine.plan(source, productOf('SELECT sum(p) AS s FROM events'));
    for (const [folder, p] of [
      ['a?*[ab]', 1],
      ['axxa', 100],
    ] as const) {
      mkdirSync(join(directory, folder));
      const event = { partition: 0, record: recordOf(0, { time: '2026-03-01T00:00:00Z', data: { p } }) };
      await archiveAll(source, [event], join(directory, folder, 'file.parquet'));
    }
    const range = { partition: 0, from: 0, to: 1, paths: [join(directory, 'a?*[ab]', 'file.parquet')] };
    const { cells } = await engine.aggregateArchive(source, plan, [range]);
    const all = [];
    for await (const chunk of cells) all.push(...chunk);
    expect(all).toEqual([{ key: [], states: [1] }]);
  });
});

describe('times from year 1 to 9999', () => {
  const TIMES = [
    ...['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999999Z', '9999-12-31T23:59:59.999998Z'],
    ...['9999-12-31T23:59:59Z', '2300-01-01T00:00:00.000001Z', '2300-01-01T00:00:00.000002Z'],
    ...['2300-01-01T00:00:00.000003Z', '1600-01-01T00:00:00.123456Z', '1600-01-01T00:00:00.123457Z'],
    ...['0001-01-01T00:00:00.000001Z', '0001-01-01T00:00:00.000002Z', '2026-03-01T00:00:00.123456Z'],
  ];
  const canonical = (time: string) => (time.endsWith('.999Z') ? time.replace('.999Z', '.999000Z') : time);
  const data = TIMES.map((t, index) => ({ t, i: index, o: { t } }));
  const schema = { t: MOMENT, i: INTEGER, o: { type: 'object', properties: { t: MOMENT } } };
  const eras: Era[] = [
    [{ t: TEXT }, data.slice(0, 6)],
    [schema, data.slice(6)],
  ];

  test('are keys, each a cell of its own', async () => {
    const { rows } = await bothOf('SELECT t, count(*) AS n FROM events GROUP BY t', eras);
    expect(rows.sort()).toEqual(TIMES.map((time) => [canonical(time), 1]).sort());
  });

  test('are measures of every kind', async () => {
    const sql = `SELECT min(t) AS lo, max(t) AS hi, count(DISTINCT t) AS d, arg_min(t, i) AS first,
        arg_max(i, t) AS at, last(t ORDER BY i) AS "last", max(o.t) AS nested, min(t::DATE) AS day,
        mode(t) FILTER (WHERE i = 4) AS often, approx_top_k(t, 1) FILTER (WHERE i = 5) AS top,
        max(t) - INTERVAL '1 microsecond' AS before, max(t + INTERVAL '1 day') - INTERVAL '1 day' AS back,
        min(t - INTERVAL '3 years') + INTERVAL '3 years' AS early
      FROM events`;
    const { rows } = await bothOf(sql, eras);
    expect(rows).toEqual([
      [
        ...['0001-01-01T00:00:00.000001Z', '9999-12-31T23:59:59.999999Z', 12, '9999-12-31T23:59:59.999000Z'],
        ...[1, '2026-03-01T00:00:00.123456Z', '9999-12-31T23:59:59.999999Z', '0001-01-01'],
        ...['2300-01-01T00:00:00.000001Z', ['2300-01-01T00:00:00.000002Z']],
        ...['9999-12-31T23:59:59.999998Z', '9999-12-31T23:59:59.999999Z', '0001-01-01T00:00:00.000001Z'],
      ],
    ]);
  });
});

describe('only older files are read from their records', () => {
  const everyType = {
    ...{ integer: INTEGER, number: { type: 'number' }, text: TEXT, yes: { type: 'boolean' }, any: {} },
    ...{ moment: MOMENT, day: { type: 'string', format: 'date' }, 'we "ird': { type: 'array', items: {} } },
    ...{ money: { type: 'number', multipleOf: 0.01 }, list: { type: 'array', items: MOMENT } },
    object: {
      type: 'object',
      properties: {
        select: INTEGER,
        'a b': { type: 'array', items: { type: 'object', properties: { at: MOMENT } } },
      },
    },
  };

  test('a file has its columns in the types that the source has them in', async () => {
    const source = sourceOf(everyType);
    const path = join(directory, 'every-type.parquet');
    await archiveAll(source, [], path);
    const database = await Database.open({ files: true });
    await database.use(async (connection) => {
      const [group] = await alikeFiles(connection, [path]);
      const types = columnsOf(source).map(({ name }) => group!.types.get(name));
      expect(types).toEqual(await printedTypes(connection, columnsOf(source)));
    });
    database.close();
  });

  test('and nothing is left of it', async () => {
    await bothOf('SELECT count(x) AS n FROM events', [
      [{}, [{ x: 1 }]],
      [{ x: INTEGER }, [{ x: 2 }]],
    ]);
    const left = readdirSync(join(directory, 'spool'), { recursive: true }).map(String);
    expect(left.filter((name) => name.includes('older'))).toEqual([]);
  });
});
