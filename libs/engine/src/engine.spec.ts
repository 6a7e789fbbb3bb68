import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { TEXT_CHARS, doubleSum, ledgerTotal } from '@tenon/domain';
import type { Plan, SourceDefinition, State, Value } from '@tenon/domain';
import type { ArchiveRecord, Engine, EngineEvent } from '@tenon/ports';
import { thisProcess } from './runner/own-directory';
import { createEngine } from './engine';
import { answerOf, foldArchive, foldLive } from './testing/pipeline';
import { productOf, rawRecord, recordOf, sourceOf } from './testing/records';
import { archive } from './testing/archive';

const TIME = '2024-03-01T10:20:30Z';

const source = sourceOf({
  quantity: { type: 'integer' },
  price: { type: 'number', multipleOf: 0.01 },
  weight: { type: 'number' },
  code: { type: 'string' },
  tags: { type: 'array', items: { type: 'string' } },
});

let engine: Engine;
let directory: string;
beforeAll(async () => {
  engine = await createEngine({ threads: 1 });
  directory = mkdtempSync(join(tmpdir(), 'tenon-engine-spec-'));
});
afterAll(async () => {
  await engine.close();
  rmSync(directory, { recursive: true });
});

const plan = (sql: string, overrides = {}) => engine.plan(source, productOf(sql, overrides));
const COUNT = 'SELECT code, count(*) AS n, sum(quantity) AS q FROM events GROUP BY code';

const event = (offset: number, data: unknown, partition = 0): EngineEvent => ({
  partition,
  record: recordOf(offset, { time: TIME, data }),
});
const raw = (offset: number, value: string | Uint8Array, partition = 0): EngineEvent => ({
  partition,
  record: rawRecord(offset, value),
});
const envelope = (data: unknown) => ({ id: 'x', eventtime: TIME, correlationid: 'c', data });

/** Records that are no events, each in its own way. */
const POISON: readonly (string | Uint8Array)[] = [
  'not json',
  '',
  '[1,2]',
  '"text"',
  'null',
  '{}',
  JSON.stringify({ data: { code: 'a' } }),
  JSON.stringify({ ...envelope({ code: 'a' }), eventtime: 'yesterday' }),
  JSON.stringify({ ...envelope({ code: 'a' }), eventtime: '2024-02-30T00:00:00Z' }),
  JSON.stringify(envelope({ code: 'a' })).slice(0, -1),
  `${JSON.stringify(envelope({}))}}\n{"r":0,"p":0,"t":0,"v":${JSON.stringify(envelope({ code: 'injected' }))}`,
  `${JSON.stringify(envelope({}))},"p":7`,
  '{"id":"x","eventtime":"2024-03-01T10:20:30Z","data":{"code":"a\nb"}}',
  Buffer.from([0x7b, 0xff, 0xfe, 0x7d]),
];

async function cellsOf(one: Plan, events: readonly EngineEvent[], on: SourceDefinition = source) {
  const [folded] = await foldLive(engine, on, [one], [events]);
  return folded!;
}

describe('poison', () => {
  test.each(POISON.map((value, index) => [index, value] as const))(
    '%i is left out, and nothing else',
    async (_, value) => {
      const one = await plan(COUNT);
      const good = [
        event(0, { code: 'a', quantity: 1 }),
        event(2, { code: 'b', quantity: 2 }),
        event(3, { code: 'a', quantity: 3 }),
      ];
      const folded = await cellsOf(one, [good[0]!, raw(1, value), ...good.slice(1)]);
      expect(Object.fromEntries(folded.cells)).toEqual({ '["a"]': [2, 4], '["b"]': [1, 2] });
      expect(folded.refused).toEqual([
        { partition: 0, offset: 1, code: 'poison', detail: expect.any(String) as string },
      ]);
      expect(folded.ledger).toMatchObject({ aggregated: 3, deadLettered: 1, filtered: 0 });
    },
  );

  test('is found alike in every batch and in the archive', async () => {
    const one = await plan(COUNT);
    const events = POISON.flatMap((value, index) => [
      raw(2 * index, value, index % 2),
      event(2 * index + 1, { code: 'a', quantity: index }, index % 2),
    ]);
    const [whole] = await foldLive(engine, source, [one], [events]);
    const [single] = await foldLive(
      engine,
      source,
      [one],
      events.map((record) => [record]),
    );
    const [archived] = await foldArchive(engine, source, [one], events, directory, 7);
    const places = ({ refused }: typeof whole & object) =>
      refused.map(({ partition, offset, code }) => [partition, offset, code]);
    expect(whole!.refused).toHaveLength(POISON.length);
    for (const other of [single!, archived!]) {
      expect([...other.cells]).toEqual([...whole!.cells]);
      expect(other.ledger).toEqual(whole!.ledger);
      expect(places(other)).toEqual(places(whole!));
    }
  });

  test('JSON on several lines is an event like any other', async () => {
    const one = await plan(COUNT);
    const pretty = JSON.stringify(envelope({ code: 'a', quantity: 5 }), null, 2);
    const folded = await cellsOf(one, [event(0, { code: 'a', quantity: 1 }), raw(1, pretty)]);
    expect([...folded.cells]).toEqual([['["a"]', [2, 6]]]);
  });

  test('a value that does not fit its column refuses the record for the products that read the column', async () => {
    const [reads, ignores] = [await plan(COUNT), await plan('SELECT count(*) AS n FROM events')];
    const events = [
      event(0, { code: 'a', quantity: 1 }),
      event(1, { code: 'a', quantity: 'many' }),
      event(2, { code: 'a', price: 'x' }),
    ];
    for (const [one, other] of [
      await foldLive(engine, source, [reads, ignores], [events]),
      await foldArchive(engine, source, [reads, ignores], events, directory, 10),
    ]) {
      expect([...one!.cells]).toEqual([['["a"]', [2, 1]]]);
      expect(one!.refused.map(({ offset, code }) => [offset, code])).toEqual([[1, 'unreadable-column']]);
      expect([...other!.cells]).toEqual([['[]', [3]]]);
      expect(other!.refused).toEqual([]);
    }
    // Which other plans share the batch makes no difference.
    expect([...(await cellsOf(ignores, events)).cells]).toEqual([['[]', [3]]]);
  });
});

describe("a product's SQL", () => {
  const CAST = 'SELECT count(*) AS n, sum(CAST(code AS INTEGER)) AS total FROM events';

  test('refuses the records that it cannot take, for this product only', async () => {
    const [casts, counts] = [await plan(CAST), await plan(COUNT)];
    const events = Array.from({ length: 40 }, (_, offset) =>
      event(offset, { code: [7, 21, 22].includes(offset) ? 'x' : String(offset), quantity: 1 }, offset % 3),
    );
    for (const [one, other] of [
      await foldLive(engine, source, [casts, counts], [events.slice(0, 13), events.slice(13)]),
      await foldArchive(engine, source, [casts, counts], events, directory, 6),
    ]) {
      expect([...one!.cells]).toEqual([['[]', [37, 780 - 50]]]);
      expect(one!.refused.map(({ offset, code }) => [offset, code])).toEqual([
        [21, 'refused-by-sql'],
        [7, 'refused-by-sql'],
        [22, 'refused-by-sql'],
      ]);
      expect(one!.refused[0]!.detail).toContain("Could not convert string 'x' to INT32");
      expect(one!.ledger).toMatchObject({ aggregated: 37, deadLettered: 3 });
      expect(other!.ledger).toMatchObject({ aggregated: 40, deadLettered: 0 });
    }
  });

  test('may sum beyond its type: the states hold it', async () => {
    const one = await plan(
      'SELECT code, sum(quantity * 80000000000000000000000000000000000000) AS s FROM events GROUP BY code',
    );
    const events = Array.from({ length: 6 }, (_, offset) =>
      event(offset, { code: offset === 5 ? 'b' : 'a', quantity: 1 }),
    );
    const expected = { '["a"]': [`4${'0'.repeat(38)}`], '["b"]': [`8${'0'.repeat(37)}`] };
    const [live] = await foldLive(engine, source, [one], [events]);
    const [archived] = await foldArchive(engine, source, [one], events, directory, 10);
    expect(Object.fromEntries(live!.cells)).toEqual(expected);
    expect(Object.fromEntries(archived!.cells)).toEqual(expected);
    expect(live!.refused).toEqual([]);
  });

  test('leaves out what its WHERE does, and events without items; each event counts once', async () => {
    const events = [
      event(0, { code: 'a', quantity: 1, tags: ['x', 'y', 'x'] }),
      event(1, { code: 'b', quantity: 2, tags: [] }),
      event(2, { code: 'c', quantity: 3, tags: ['y'] }, 1),
      event(3, { code: 'd', quantity: 9, tags: ['y'] }, 1),
    ];
    const one = await plan(
      'SELECT tag, count(*) AS n FROM events, unnest(tags) AS t(tag) WHERE quantity < 9 GROUP BY tag',
    );
    for (const [folded] of [
      await foldLive(engine, source, [one], [events]),
      await foldArchive(engine, source, [one], events, directory, 10),
    ]) {
      expect(Object.fromEntries(folded!.cells)).toEqual({ '["x"]': [2], '["y"]': [2] });
      expect(folded!.ledger).toMatchObject({ aggregated: 2, filtered: 2, deadLettered: 0 });
    }
  });

  test('counts an event in every window of a hop, and once in the ledger', async () => {
    const one = await plan(
      "SELECT window_start, count(*) AS n FROM events, hop(event_time, INTERVAL '1 hour', INTERVAL '20 minutes') GROUP BY ALL",
    );
    const at = (offset: number, time: string): EngineEvent => ({
      partition: 0,
      record: recordOf(offset, { time, data: {} }),
    });
    const folded = await cellsOf(one, [at(0, '2024-03-01T10:20:00Z'), at(1, '2024-03-01T10:19:59.999999Z')]);
    expect(Object.fromEntries(folded.cells)).toEqual({
      '["2024-03-01T09:20:00Z"]': [1],
      '["2024-03-01T09:40:00Z"]': [2],
      '["2024-03-01T10:00:00Z"]': [2],
      '["2024-03-01T10:20:00Z"]': [1],
    });
    expect(folded.ledger).toMatchObject({ aggregated: 2, filtered: 0 });
  });

  test('does not see events older than its retention', async () => {
    const one = await plan(COUNT, { retentionMicros: 3_600_000_000 });
    const late = (offset: number, minutes: number): EngineEvent => ({
      partition: offset % 2,
      record: recordOf(
        offset,
        { time: TIME, data: { code: 'a', quantity: 1 } },
        Date.parse(TIME) + minutes * 60_000,
      ),
    });
    const events = [late(0, 0), late(1, 60), late(2, 61), late(3, 600)];
    for (const [folded] of [
      await foldLive(engine, source, [one], [events]),
      await foldArchive(engine, source, [one], events, directory, 10),
    ]) {
      expect([...folded!.cells]).toEqual([['["a"]', [2, 2]]]);
      expect(folded!.ledger).toMatchObject({ aggregated: 2, expired: 2, filtered: 0 });
      expect(ledgerTotal(folded!.ledger)).toBe(4);
    }
  });
});

describe('states', () => {
  const wild = fc.oneof(
    fc.double(),
    fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    fc.constantFrom(
      0,
      -0,
      5e-324,
      -5e-324,
      1.7976931348623157e308,
      -1.7976931348623157e308,
      2 ** -10,
      2 ** 34,
      2 ** 34 - 2 ** -18,
      0.1,
      -1e-10,
    ),
  );

  test('sums of doubles, and of their squares, are exact for all doubles', async () => {
    const one = await plan('SELECT sum(weight) AS s, var_pop(weight) AS v FROM events');
    await fc.assert(
      fc.asyncProperty(fc.array(wild, { minLength: 1, maxLength: 30 }), async (values) => {
        // JSON has no NaN and no infinities; DuckDB reads them from texts.
        const events = values.map((weight, offset) =>
          event(offset, { weight: Number.isFinite(weight) ? weight : String(weight) }),
        );
        const { cells } = await cellsOf(one, events);
        const [sum, squares] = cells.get('[]') as [State, State];
        expect(sum).toEqual(doubleSum([], values));
        expect(squares).toEqual(exactSquares(values));
      }),
      { numRuns: 40, seed: 1 },
    );
  });

  test('a distinct text may hold any character', async () => {
    const one = await plan('SELECT count(DISTINCT code) AS n FROM events');
    const codes = [
      '',
      'a',
      '\u001f',
      '\u001e',
      '\u001e1',
      '\u001f0',
      'a\u001fb',
      '\u001e\u001f',
      'ü😀',
      "'",
      null,
    ];
    const { cells } = await cellsOf(
      one,
      [...codes, ...codes].map((code, offset) => event(offset, { code })),
    );
    const [state] = cells.get('[]') as [{ s: string[] }];
    expect(new Set(state.s)).toEqual(new Set(codes.filter((code) => code !== null)));
  });

  test('distinct values beyond the bound become registers, live and from the archive', async () => {
    const one = await plan('SELECT count(DISTINCT quantity) AS n FROM events');
    const events = Array.from({ length: 10_050 }, (_, offset) => event(offset, { quantity: offset }));
    const [live] = await foldLive(engine, source, [one], [events.slice(0, 4000), events.slice(4000)]);
    const [archived] = await foldArchive(engine, source, [one], events, directory, 20_000);
    expect([...archived!.cells]).toEqual([...live!.cells]);
    const [row] = await engine.finalize(one, [{ key: [], states: live!.cells.get('[]')! }]);
    expect(row!.approximate).toEqual(['n']);
    expect(Math.abs(Number(row!.values[0]) - 10_050)).toBeLessThan(250);
  });

  test('long texts are no state: null, and named, live and from the archive', async () => {
    const one = await plan(
      `SELECT min(code) AS low, max(code) AS high, arg_max(quantity, code) AS q, arg_min(code, quantity) AS c,
         max(code) FILTER (WHERE quantity < 3) AS short FROM events`,
    );
    const long = 'z'.repeat(TEXT_CHARS);
    const codes = ['a', 'b', 'c', `${long}😀1`, `${long}😀2`, long];
    const events = codes.map((code, quantity) => event(quantity, { code, quantity: 5 - quantity }));
    const [live] = await foldLive(engine, source, [one], [events.slice(0, 4), events.slice(4)]);
    const [other] = await foldLive(
      engine,
      source,
      [one],
      [[...events].reverse().slice(0, 3), events.slice(0, 3)],
    );
    const [archived] = await foldArchive(engine, source, [one], events, directory, 2);
    expect([...archived!.cells]).toEqual([...live!.cells]);
    expect([...other!.cells]).toEqual([...live!.cells]);
    expect(JSON.stringify([...live!.cells]).length).toBeLessThan(7 * TEXT_CHARS);
    const [row] = await engine.finalize(one, [{ key: [], states: live!.cells.get('[]')! }]);
    expect(row!.values).toEqual(['a', null, null, long, null]);
    expect(row!.approximate).toEqual(['high', 'q', 'short']);
  });

  test('texts come back as they were, as keys and as measures, live and from the archive', async () => {
    const one = await plan(
      `SELECT code, min(code) AS low, arg_max(code, quantity) AS last, count(DISTINCT code) AS n, mode(code) AS usual
       FROM events GROUP BY code`,
    );
    const unit = fc.constantFrom(
      '\ufeff',
      'a',
      'e\u0301',
      '\u00e9',
      '\u200b',
      '\u0000',
      '\u001e',
      '\u001f',
      '😀',
      '"',
      ' ',
    );
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.string({ unit, maxLength: 3 }), { minLength: 1 }), async (codes) => {
        const events = codes.map((code, offset) => event(offset, { code, quantity: offset }));
        const [live] = await foldLive(engine, source, [one], [events]);
        const [archived] = await foldArchive(engine, source, [one], events, directory, 100);
        const expected = codes.map((code) => [JSON.stringify([code]), code]);
        for (const folded of [live!, archived!]) {
          const found = [...folded.cells].map(([key, states]) => [key, states[0]]);
          expect(found.sort()).toEqual(expected.sort());
        }
        expect([...archived!.cells].sort()).toEqual([...live!.cells].sort());
        const cells = [...live!.cells].map(([key, states]) => ({ key: JSON.parse(key) as Value[], states }));
        for (const row of await engine.finalize(one, cells)) {
          const [code] = row!.values;
          expect(row!.values).toEqual([code, code, code, 1, code]);
        }
      }),
      { numRuns: 10 },
    );
  });

  test('integers keep all their digits', async () => {
    const one = await plan(
      'SELECT quantity, sum(quantity * 1000) AS s, max(quantity) AS m FROM events GROUP BY quantity',
    );
    const value = '{"id":"x","eventtime":"2024-03-01T10:20:30Z","data":{"quantity":9007199254740993}}';
    const folded = await cellsOf(one, [raw(0, value)]);
    expect([...folded.cells]).toEqual([
      ['["9007199254740993"]', ['9007199254740993000', '9007199254740993']],
    ]);
  });
});

function exactSquares(values: readonly number[]): State {
  const lanes = values.filter(Number.isFinite).map((value) => {
    // m · 2^e from the exponent's digits: the slow, obvious way.
    let [m, e] = [value, 0];
    while (!Number.isInteger(m)) [m, e] = [m * 2, e - 1];
    return { exponent: 2 * e, sum: BigInt(m) ** 2n };
  });
  return doubleSum(
    lanes,
    values.filter((value) => !Number.isFinite(value)).map((value) => value * value),
  );
}

describe('answers', () => {
  test('have expressions, HAVING and types as the SQL says', async () => {
    const one = await plan(
      "SELECT code, sum(price) AS total, total / count(*) AS mean, code || ':' || count(*) AS label, count(*) AS n, histogram(quantity) AS h FROM events GROUP BY code HAVING n > 1 OR total > 100",
    );
    const events = [
      event(0, { code: 'a', price: 1.25, quantity: 7 }),
      event(1, { code: 'a', price: 2.5, quantity: 7 }),
      event(2, { code: 'b', price: 1 }),
      event(3, { code: 'c', price: 100.01 }),
    ];
    const rows = await answerOf(engine, one, await cellsOf(one, events));
    expect(rows.sort()).toEqual([
      ['a', 3.75, 1.875, 'a:2', 2, [[7, 2]]],
      ['c', 100.01, 100.01, 'c:1', 1, null],
    ]);
    const nulls = await engine.finalize(one, [{ key: ['x'], states: one.states.map(() => null) }]);
    expect(nulls).toEqual([null]);
  });

  test.each([
    ['a cast', 'CAST(max(code) AS INTEGER)', 'Could not convert'],
    [
      'what TRY does not catch',
      "CAST(hour(timezone(replace(max(code), '5', 'UTC'), max(event_time))) AS INTEGER) - 5",
      'Unknown TimeZone',
    ],
  ])(
    'a row that cannot be computed is null and says why, the others stand: %s',
    async (_, expression, why) => {
      const one = await plan(
        `SELECT code, ${expression} AS number, count(*) + 1 AS n FROM events GROUP BY code`,
      );
      const folded = await cellsOf(one, [
        event(0, { code: 'x' }),
        event(1, { code: '5' }),
        event(2, { code: 'y' }),
      ]);
      const cells = [...folded.cells].map(([key, states]) => ({ key: JSON.parse(key) as string[], states }));
      const rows = await engine.finalize(one, cells);
      const failed = [
        { column: 'number', code: 'answer-failed', reason: expect.stringContaining(why) as string },
      ];
      expect(new Map(rows.map((row) => [row!.values[0], [row!.values.slice(1), row!.errors]]))).toEqual(
        new Map<string, unknown>([
          ['x', [[null, 2], failed]],
          ['5', [[5, 2], []]],
          ['y', [[null, 2], failed]],
        ]),
      );
    },
  );

  test('a row whose HAVING cannot be computed is not left out unseen', async () => {
    const one = await plan('SELECT code FROM events GROUP BY code HAVING CAST(max(code) AS INTEGER) > 5');
    const folded = await cellsOf(one, [
      event(0, { code: 'x' }),
      event(1, { code: '5' }),
      event(2, { code: '6' }),
    ]);
    const cells = [...folded.cells].map(([key, states]) => ({ key: JSON.parse(key) as string[], states }));
    const rows = (await engine.finalize(one, cells)).filter((row) => row !== null);
    expect(
      new Map(rows.map(({ values, errors }) => [values[0], errors.map(({ column }) => column)])),
    ).toEqual(
      new Map([
        ['x', ['HAVING']],
        ['6', []],
      ]),
    );
  });

  test('come from a plan that went through JSON', async () => {
    const one = JSON.parse(JSON.stringify(await plan(`${COUNT} HAVING n > 0`))) as Plan;
    expect(await answerOf(engine, one, await cellsOf(one, [event(0, { code: 'a', quantity: 2 })]))).toEqual([
      ['a', 1, 2],
    ]);
  });
});

describe('the archive', () => {
  const read = async (sql: string) => {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const rows = (await connection.runAndReadAll(sql)).getRowsJson();
    connection.closeSync();
    instance.closeSync();
    return rows;
  };

  test('gives back each record as it was, beside typed columns', async () => {
    const path = join(directory, 'records.parquet');
    const records: ArchiveRecord[] = [
      { ...event(0, { code: 'ä', quantity: 3, price: 1.5, tags: ['x'] }, 2), mark: 'event' },
      { ...event(1, { code: 'ä' }, 2), mark: 'duplicate' },
      { ...raw(2, '{"v":1,"type":"barrier"}', 2), mark: 'control' },
      { ...raw(3, Buffer.from([0xff, 0x00, 0x0a]), 2), mark: 'event' },
    ];
    await archive(engine, source, records, path);
    const rows = await read(
      `SELECT __partition, __offset, epoch_ms(__timestamp), __mark, hex(__key), hex(__value), __headers, event_id, code, quantity, price, tags, event_time::VARCHAR FROM '${path}'`,
    );
    const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex').toUpperCase();
    expect(rows).toEqual(
      records.map(({ record, mark }, index) => [
        2,
        String(record.offset),
        String(record.timestamp),
        mark,
        hex(record.key!),
        hex(record.value),
        JSON.stringify(record.headers()),
        ...(index === 0
          ? ['id-0', 'ä', '3', '1.50', ['x'], '2024-03-01 10:20:30']
          : index === 1
            ? ['id-1', 'ä', null, null, null, '2024-03-01 10:20:30']
            : [null, null, null, null, null, null]),
      ]),
    );
  });

  test('keeps any bytes', async () => {
    const path = join(directory, 'bytes.parquet');
    const text = fc.string({ unit: 'binary', maxLength: 20 }).map((one) => Buffer.from(one));
    const values = fc.sample(fc.oneof(text, fc.uint8Array({ maxLength: 20 })), { numRuns: 200, seed: 7 });
    const records = [...values, Buffer.alloc(400_000, '"'), Buffer.alloc(1 << 20, 'x')].map(
      (value, offset): ArchiveRecord => ({
        ...raw(offset, value),
        mark: 'control',
      }),
    );
    await archive(engine, source, records, path);
    const rows = await read(`SELECT hex(__value) FROM '${path}' ORDER BY __offset`);
    expect(rows.map(([value]) => value)).toEqual(
      records.map(({ record }) => Buffer.from(record.value).toString('hex').toUpperCase()),
    );
  });

  test('keeps an event as large as ingestion takes, with its columns', async () => {
    const path = join(directory, 'large.parquet');
    const code = 'x'.repeat(1_000_000);
    await archive(engine, source, [{ ...event(0, { code, quantity: 3 }), mark: 'event' }], path);
    expect(
      await read(`SELECT length(code), quantity, octet_length(__value) > 1000000 FROM '${path}'`),
    ).toEqual([['1000000', '3', true]]);
  });

  test('is aggregated by ranges; the ledger counts every record by its mark', async () => {
    const one = await plan(COUNT);
    const path = join(directory, 'marks.parquet');
    const marks = [
      'event',
      'duplicate',
      'event',
      'conflict',
      'control',
      'event',
      'event',
      'control',
    ] as const;
    const records = marks.map((mark, offset): ArchiveRecord => ({
      ...(mark === 'control' ? raw(offset, '{}') : event(offset, { code: 'a', quantity: offset })),
      mark,
    }));
    await archive(engine, source, records, path);
    const range = async (from: number, to: number) => {
      const result = await engine.aggregateArchive(source, one, [{ partition: 0, from, to, paths: [path] }]);
      const cells = [];
      for await (const chunk of result.cells) cells.push(...chunk);
      return { cells, ledger: result.ledger, ends: [...result.ends] };
    };
    expect(await range(0, 8)).toEqual({
      cells: [{ key: ['a'], states: [4, 13] }],
      ledger: {
        aggregated: 4,
        filtered: 0,
        duplicate: 1,
        deadLettered: 1,
        conflicts: 1,
        expired: 0,
        control: 2,
      },
      ends: [[0, records[7]!.record.timestamp]],
    });
    expect(await range(1, 6)).toEqual({
      cells: [{ key: ['a'], states: [2, 7] }],
      ledger: {
        aggregated: 2,
        filtered: 0,
        duplicate: 1,
        deadLettered: 1,
        conflicts: 1,
        expired: 0,
        control: 1,
      },
      ends: [[0, records[5]!.record.timestamp]],
    });
    expect(await range(3, 5)).toMatchObject({
      cells: [],
      ledger: { aggregated: 0, control: 1, deadLettered: 1 },
    });
    expect(await range(5, 5)).toMatchObject({ cells: [], ledger: { aggregated: 0 }, ends: [] });
  });

  test('gives the connection back when its cells are not read to the end', async () => {
    const one = await plan('SELECT quantity, count(*) AS n FROM events GROUP BY quantity');
    const path = join(directory, 'many.parquet');
    await archive(
      engine,
      source,
      Array.from({ length: 5000 }, (_, offset): ArchiveRecord => ({
        ...event(offset, { quantity: offset }),
        mark: 'event',
      })),
      path,
    );
    for (let i = 0; i < 3; i++) {
      const { cells } = await engine.aggregateArchive(source, one, [
        { partition: 0, from: 0, to: 5000, paths: [path] },
      ]);
      for await (const chunk of cells) {
        expect(chunk.length).toBeGreaterThan(0);
        break;
      }
    }
  });

  test('of an older schema is read from the records that it keeps', async () => {
    const older = sourceOf({ quantity: { type: 'string' }, code: { type: 'string' } });
    const [before, after] = [join(directory, 'older.parquet'), join(directory, 'newer.parquet')];
    await archive(engine, older, [{ ...event(0, { quantity: '4', code: 'a' }), mark: 'event' }], before);
    await archive(
      engine,
      source,
      [{ ...event(1, { quantity: 5, code: 'a', weight: 2 }), mark: 'event' }],
      after,
    );
    const one = await plan(
      'SELECT code, sum(quantity) AS q, count(weight) AS w, count(*) AS n FROM events GROUP BY code',
    );
    const result = await engine.aggregateArchive(source, one, [
      { partition: 0, from: 0, to: 2, paths: [before, after] },
    ]);
    const cells = [];
    for await (const chunk of result.cells) cells.push(...chunk);
    expect(cells).toEqual([{ key: ['a'], states: [9, 1, 2] }]);
  });
});

describe('the engine', () => {
  test('takes several batches at once', async () => {
    const one = await plan(COUNT);
    const batches = Array.from({ length: 8 }, (_, batch) =>
      Array.from({ length: 50 }, (_, index) => event(index, { code: `c${batch}`, quantity: batch })),
    );
    const folded = await Promise.all(batches.map((events) => cellsOf(one, events)));
    folded.forEach(({ cells }, batch) => expect([...cells]).toEqual([[`["c${batch}"]`, [50, 50 * batch]]]));
  });

  test('runs its prepared plans over any rows that come, not only such as it was made for', async () => {
    const plans = [
      await plan(
        'SELECT code, count(*) AS n, sum(quantity) AS q, avg(weight) AS w, count(DISTINCT code) AS d FROM events WHERE quantity < 1e12 GROUP BY code',
      ),
      await plan(
        'SELECT quantity % 7 AS k, min(code) AS c, count(*) FILTER (WHERE weight IS NULL) AS n, histogram(quantity) AS h FROM events GROUP BY k',
      ),
      await plan(
        'SELECT tag, max(price) AS p, count(code) AS n FROM events, unnest(tags) AS t(tag) GROUP BY tag',
      ),
    ];
    // From one-digit numbers without nulls to fifteen digits with many, from short texts to long ones.
    const events = Array.from({ length: 600 }, (_, i): EngineEvent => {
      const round = Math.floor(i / 10) % 8;
      const missing = round > 4 && i % 3 === 0;
      const data = {
        quantity: (i % 9) * 10 ** (2 * round) * (i % 2 === 0 ? 1 : -1),
        weight: i / 7,
        price: round,
        code: 'ab'.repeat(1 + (i % (3 * round + 1))),
        tags: i % 4 === 0 ? [] : ['x', `y${i % round}`],
      };
      return event(i, missing ? {} : data, i % 3);
    });
    const batches = Array.from({ length: 60 }, (_, batch) => events.slice(batch * 10, batch * 10 + 10));
    const live = await foldLive(engine, source, plans, batches);
    const archived = await foldArchive(engine, source, plans, events, directory, 1000);
    live.forEach(({ cells, ledger }, index) => {
      expect([...cells].sort()).toEqual([...archived[index]!.cells].sort());
      expect(ledger).toEqual(archived[index]!.ledger);
    });
  });

  test('takes a batch of nothing', async () => {
    const batch = await engine.open(source, [await plan(COUNT)], []);
    expect(await batch.aggregate(await plan(COUNT))).toEqual({ partitions: [], refused: [] });
    await batch.close();
    await batch.close();
    await expect(batch.aggregate(await plan(COUNT))).rejects.toThrow('closed');
  });

  test('refuses a plan of another schema', async () => {
    const one = await plan(COUNT);
    await expect(engine.open(sourceOf({ code: { type: 'string' } }), [one], [])).rejects.toMatchObject({
      code: 'plan-outdated',
    });
  });

  test('leaves nothing behind, and sweeps what a killed process has left', async () => {
    const home = mkdtempSync(join(tmpdir(), 'tenon-spool-'));
    // No process has this number: it is above the largest that Linux gives.
    const left = `tenon-engine-${thisProcess().namespace}-4194305-1-abc`;
    mkdirSync(join(home, left));
    const other = await createEngine({ spoolDirectory: home });
    expect(existsSync(join(home, left))).toBe(false);
    expect(readdirSync(home)).not.toEqual([]);
    await other.close();
    expect(readdirSync(home)).toEqual([]);
    rmSync(home, { recursive: true });
  });

  test('never downloads an extension', async () => {
    await expect(plan('SELECT count(*) FROM events WHERE st_area(code) > 1')).rejects.toMatchObject({
      code: 'plan-refused',
    });
  });
});
