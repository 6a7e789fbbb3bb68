/** Whatever is encoded is what DuckDB, which shares no code with this, reads back; in types too. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Value } from '@tenon/domain';
import { formatMicros, toAnswer } from '@tenon/domain';
import type { TableFormat, TableHead } from '@tenon/ports';
import { tableFromIPC } from 'apache-arrow';
import fc from 'fast-check';
import { createTables } from './tables';

type Row = Readonly<Record<string, Value>>;

/** A value as an answer shows it, and the same in SQL. */
interface Told {
  readonly shown: Value;
  readonly sql: string;
}

/** A type as a plan has it, as the column has it, and values of it. */
interface Sort {
  readonly type: string;
  readonly column: string;
  readonly value: fc.Arbitrary<Told>;
}

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
const named = (name: string) => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`);

const told = (type: string, text: string, shown: Value = text): Told => ({
  shown,
  sql: `CAST(${quoted(text)} AS ${type})`,
});

function sort<T>(type: string, value: fc.Arbitrary<T>, tell: (value: T) => Told, column = type): Sort {
  return { type, column, value: value.map(tell) };
}

const shownInteger = (value: bigint): Value =>
  BigInt(Number(value)) === value && Number.isSafeInteger(Number(value)) ? Number(value) : String(value);

const integers = (type: string, bits: number, signed: boolean, column = type) => {
  const [min, max] = signed
    ? [-(2n ** BigInt(bits - 1)), 2n ** BigInt(bits - 1) - 1n]
    : [0n, 2n ** BigInt(bits) - 1n];
  const value = fc.oneof(
    fc.bigInt({ min, max }),
    fc.constantFrom(min, max, 0n),
    fc.bigInt({ min: 0n, max: 9n }),
  );
  return sort(type, value, (one) => told(type, String(one), shownInteger(one)), column);
};

const formatDecimal = (unscaled: bigint, scale: number) => {
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const point = digits.length - scale;
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, point)}${scale === 0 ? '' : '.'}${digits.slice(point)}`;
};

const decimals = (precision: number, scale: number) => {
  const type = `DECIMAL(${precision},${scale})`;
  const max = 10n ** BigInt(precision) - 1n;
  return sort(
    type,
    fc.oneof(fc.bigInt({ min: -max, max }), fc.bigInt({ min: -99n, max: 99n })),
    (unscaled) => {
      const text = formatDecimal(unscaled, scale);
      return told(type, text, toAnswer(type, text));
    },
  );
};

const shownDouble = (value: number): Value => (Number.isFinite(value) ? value + 0 : String(value));
const max38 = 10n ** 38n - 1n;
/** From year -9000 to 200000. */
const micros = fc.bigInt({ min: -346_000_000_000_000_000n, max: 6_249_000_000_000_000_000n });
const text = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((one) => !one.includes('\0'));

const SCALARS: readonly Sort[] = [
  ...([8, 16, 32, 64] as const).flatMap((bits) => {
    const name = { 8: 'TINYINT', 16: 'SMALLINT', 32: 'INTEGER', 64: 'BIGINT' }[bits];
    return [integers(name, bits, true), integers(`U${name}`, bits, false)];
  }),
  sort(
    'HUGEINT',
    fc.bigInt({ min: -max38, max: max38 }),
    (one) => told('DECIMAL(38,0)', String(one), shownInteger(one)),
    'DECIMAL(38,0)',
  ),
  ...[decimals(4, 1), decimals(9, 9), decimals(18, 3), decimals(38, 0), decimals(38, 30)],
  sort('DOUBLE', fc.double(), (one) => told('DOUBLE', String(one + 0), shownDouble(one))),
  sort('FLOAT', fc.float(), (one) => told('FLOAT', String(one + 0), shownDouble(one))),
  sort('BOOLEAN', fc.boolean(), (one) => told('BOOLEAN', String(one), one)),
  sort('VARCHAR', text, (one) => told('VARCHAR', one)),
  sort('TIMESTAMP', micros, (one) => ({ shown: formatMicros(one), sql: `make_timestamp(${one})` })),
  sort('TIMESTAMP WITH TIME ZONE', micros, (one) => ({
    shown: formatMicros(one),
    sql: `make_timestamptz(${one})`,
  })),
  sort('DATE', fc.integer({ min: -719_000, max: 2_900_000 }), (days) => ({
    shown: formatMicros(BigInt(days) * 86_400_000_000n).slice(0, 10),
    sql: `CAST(make_timestamp(${BigInt(days) * 86_400_000_000n}) AS DATE)`,
  })),
  sort('TIME', fc.integer({ min: 0, max: 86_399_999 }), (ms) =>
    told('TIME', new Date(ms).toISOString().slice(11, -1)),
  ),
  ...['INTERVAL', 'UUID', "ENUM('a', 'b')", 'INTEGER[3]', 'BIGNUM'].map((type) =>
    sort(type, text, (one) => told('VARCHAR', one), 'VARCHAR'),
  ),
];

const orNull = (value: fc.Arbitrary<Told>, type: string): fc.Arbitrary<Told> =>
  fc.option(value, { freq: 5 }).map((one) => one ?? { shown: null, sql: `CAST(NULL AS ${type})` });

/** Awkward, and not the same but for capitals. */
const NAMES = ['select', 'a "b"', 'ключ', ' ', "it's", '__proto__', 'toString', 'x.y', 'a,b)'];

const scalar = fc.constantFrom(...SCALARS);

const listOf = (item: Sort): Sort => ({
  type: `${item.type}[]`,
  column: `${item.column}[]`,
  value: fc.array(orNull(item.value, item.column), { maxLength: 3 }).map((items) => ({
    shown: items.map(({ shown }) => shown),
    sql: `CAST([${items.map(({ sql }) => sql).join(', ')}] AS ${item.column}[])`,
  })),
});

const structOf = (fields: readonly (readonly [name: string, sort: Sort])[]): Sort => {
  const written = (which: 'type' | 'column') =>
    `STRUCT(${fields.map(([name, field]) => `${named(name)} ${field[which]}`).join(', ')})`;
  return {
    type: written('type'),
    column: written('column'),
    value: fc.tuple(...fields.map(([, field]) => orNull(field.value, field.column))).map((values) => ({
      shown: Object.fromEntries(fields.map(([name], at) => [name, (values[at] as Told).shown])),
      sql: `struct_pack(${fields.map(([name], at) => `${named(name)} := ${(values[at] as Told).sql}`).join(', ')})`,
    })),
  };
};

const mapOf = (key: Sort, item: Sort): Sort => {
  const column = `MAP(${key.column}, ${item.column})`;
  const type = `MAP(${key.type}, ${item.type})`;
  const entries = fc.uniqueArray(fc.tuple(key.value, orNull(item.value, item.column)), {
    maxLength: 3,
    selector: ([{ sql }]) => sql,
  });
  return {
    type,
    column,
    value: entries.map((pairs) => ({
      shown: toAnswer(
        type,
        pairs.map(([{ shown: name }, { shown }]) => [name, shown]),
      ),
      sql: `CAST(MAP {${pairs.map(([name, { sql }]) => `${name.sql}: ${sql}`).join(', ')}} AS ${column})`,
    })),
  };
};

/** What may be a map's key, and whose values are shown the same wherever they stand. */
const KEYS = SCALARS.filter(({ type }) => ['VARCHAR', 'BIGINT', 'TIMESTAMP', 'BOOLEAN'].includes(type));
/** Decimals in maps are shown by `toAnswer` once more, which is for what is carried and not for what is shown. */
const ITEMS = SCALARS.filter(({ type }) => !type.startsWith('DECIMAL'));

const nested: fc.Arbitrary<Sort> = fc.oneof(
  scalar.map(listOf),
  scalar.map(listOf).map(listOf),
  fc.tuple(scalar, scalar).map(([a, b]) =>
    structOf([
      ['it\'s "a"', a],
      ['__proto__', listOf(b)],
    ]),
  ),
  fc.tuple(fc.constantFrom(...KEYS), fc.constantFrom(...ITEMS)).map(([key, item]) => mapOf(key, item)),
);

/** Columns with their values, row by row. */
const table = fc
  .tuple(
    fc.array(fc.oneof({ arbitrary: scalar, weight: 2 }, nested), { minLength: 1, maxLength: NAMES.length }),
    fc.integer({ min: 0, max: 6 }),
  )
  .chain(([sorts, count]) =>
    fc
      .tuple(
        ...sorts.map((one) =>
          fc.array(orNull(one.value, one.column), { minLength: count, maxLength: count }),
        ),
      )
      .map((columns) => ({ sorts, columns, count })),
  );

async function encoded(
  format: TableFormat,
  head: TableHead,
  parts: readonly (readonly Row[])[],
): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of createTables().encode(format, head, parts)) pieces.push(piece);
  return Buffer.concat(pieces);
}

let connection: DuckDBConnection;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tenon-columnar-'));
  connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  await connection.run("SET TimeZone = 'UTC'");
});
afterAll(() => {
  connection.closeSync();
  rmSync(directory, { recursive: true, force: true });
});

/** DuckDB keeps what it has read of a file, so each is another. */
let files = 0;
function written(bytes: Uint8Array): string {
  const path = join(directory, `${(files += 1)}.parquet`);
  writeFileSync(path, bytes);
  return `read_parquet(${quoted(path)})`;
}

const read = async (sql: string) => (await connection.runAndReadAll(sql)).getRowsJson();

test('every value of every type is read back as it is, in the type that it has', async () => {
  await fc.assert(
    fc.asyncProperty(table, fc.integer({ min: 1, max: 12 }), async ({ sorts, columns, count }, partRows) => {
      const rows = Array.from({ length: count }, (_, row): Row =>
        Object.fromEntries([
          ['n', row],
          ...sorts.map((_one, at) => [NAMES[at] as string, columns[at]![row]!.shown] as const),
        ]),
      );
      const parts = Array.from({ length: Math.ceil(count / partRows) }, (_, part) =>
        rows.slice(part * partRows, (part + 1) * partRows),
      );
      const head = {
        columns: [
          { name: 'n', type: 'BIGINT' },
          ...sorts.map(({ type }, at) => ({ name: NAMES[at] as string, type })),
        ],
        metadata: { 'tenon.answer': '{"é": "\\n"}' },
      };
      const found = written(await encoded('parquet', head, parts));
      expect((await read(`DESCRIBE SELECT * FROM ${found}`)).map((row) => row.slice(0, 2))).toEqual([
        ['n', 'BIGINT'],
        ...sorts.map(({ column }, at) => [NAMES[at], column]),
      ]);
      expect(await read(`SELECT count(*) FROM ${found}`)).toEqual([[String(count)]]);
      for (let row = 0; row < count; row++) {
        const meant = ['n', ...sorts.map((one, at) => `CAST(${columns[at]![row]!.sql} AS ${one.column})`)];
        const same = `SELECT * FROM ${found} WHERE n = ${row} EXCEPT ALL SELECT ${[row, ...meant.slice(1)].join(', ')}`;
        expect([row, await read(same)]).toEqual([row, []]);
      }
      const arrow = tableFromIPC(await encoded('arrow', head, parts));
      expect([arrow.numRows, arrow.schema.names]).toEqual([count, head.columns.map(({ name }) => name)]);
      expect(arrow.schema.metadata.get('tenon.answer')).toBe(head.metadata['tenon.answer']);
      expect(arrow.schema.fields.map((field) => field.metadata.get('tenon.sql_type'))).toEqual(
        head.columns.map(({ type }) => type),
      );
    }),
    { numRuns: 30 },
  );
});

const columns = (type: string) => ({ columns: [{ name: 'v', type }], metadata: {} });

test.each([
  ['HUGEINT', `1${'0'.repeat(38)}`],
  ['DECIMAL(4,1)', '1000.0'],
  ['TINYINT', 128],
  ['INTEGER', 1.5],
  ['BIGINT', '9223372036854775808'],
  ['DATE', 'someday'],
  ['STRUCT(a DATE)', 'x'],
  ['DATE[]', ['2001-01-01', 'x']],
])('a %s that does not fit ends the answer: no other value takes its place', async (type, v) => {
  for (const format of ['arrow', 'parquet'] as const)
    await expect(encoded(format, columns(type), [[{ v: null }], [{ v }]])).rejects.toMatchObject({
      ...{ status: 406, code: 'not-acceptable', detail: expect.stringContaining('of v (') },
    });
});

test.each([
  ['TIMESTAMP', 'infinity', "'infinity'::TIMESTAMP"],
  ['TIMESTAMP WITH TIME ZONE', '-infinity', "'-infinity'::TIMESTAMPTZ"],
  ['TIMESTAMP_S', '2001-01-01 00:00:01', "'2001-01-01 00:00:01'::TIMESTAMP"],
  ['TIMESTAMP_MS', '2001-01-01 00:00:01.5', "'2001-01-01 00:00:01.5'::TIMESTAMP"],
  ['TIMESTAMP_NS', '2001-01-01 00:00:01.123456789', "'2001-01-01 00:00:01.123456789'::TIMESTAMP_NS"],
  ['DATE', '0044-03-15 (BC)', "'0044-03-15 (BC)'::DATE"],
  ['DATE', '12001-01-01', "'12001-01-01'::DATE"],
  ['TIME', '24:00:00', "'24:00:00'::TIME"],
  ['DECIMAL(38,30)', 1e-10, "'0.0000000001'::DECIMAL(38,30)"],
])('%s %s', async (type, v, sql) => {
  const found = written(await encoded('parquet', columns(type), [[{ v }]]));
  expect(await read(`SELECT v = ${sql}, v FROM ${found}`)).toEqual([[true, expect.anything()]]);
});

test.each(['arrow', 'parquet'] as const)(
  '%s: rows are asked for once those before them have been taken',
  async (format) => {
    let asked = 0;
    let ended = false;
    const parts = (function* () {
      try {
        for (; asked < 100;) {
          asked += 1;
          yield Array.from({ length: 1_000 }, (_, n) => ({ v: n * asked }));
        }
      } finally {
        ended = true;
      }
    })();
    const pieces = createTables().encode(format, columns('BIGINT'), parts)[Symbol.asyncIterator]();
    for (let taken = 0; taken < 3; taken++) await pieces.next();
    expect(asked).toBeLessThan(20);
    await pieces.return?.();
    expect([format, ended]).toEqual([format, true]);
  },
);
