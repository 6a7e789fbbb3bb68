import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { declaredFields } from './declared';
import { openParquet } from './parquet-reader';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tenon-parquet-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function write(name: string, select: string): Promise<string> {
  const path = join(directory, name);
  mkdirSync(dirname(path), { recursive: true });
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`COPY (${select}) TO '${path.replaceAll("'", "''")}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
  return path;
}

async function readAll(path: string, schema?: { readonly properties: object }, skip = 0) {
  const reader = await openParquet(
    path,
    declaredFields(schema && new Map(Object.entries(schema.properties))),
  );
  const rows = [];
  for await (const chunk of reader.read(skip)) rows.push(...chunk.rows);
  return { total: reader.total, rows };
}

it('turns every kind of column into exact JSON', async () => {
  const path = await write(
    'kinds.parquet',
    `SELECT 9007199254740993::BIGINT AS big, 12.50::DECIMAL(9,2) AS price, 0.1::DOUBLE AS d, 'NaN'::DOUBLE AS nan, true AS flag,
       'say "hi"' AS text, TIMESTAMP '2001-01-01 00:01:00.5' AS at, TIMESTAMPTZ '2001-01-01 02:00:00+02' AS tz, DATE '2001-02-03' AS day,
       ['a', NULL] AS list, {'x': 1, 'at': TIMESTAMP '2001-01-01 00:00:00'} AS struct, MAP {'k': 1.5::DECIMAL(4,2)} AS map,
       '\\x01\\xFF'::BLOB AS bytes, NULL::INTEGER AS nothing, [[1], []] AS nested`,
  );
  const { rows } = await readAll(path);
  expect(rows[0]!.text).toBe(
    '{"big":9007199254740993,"price":12.50,"d":0.1,"nan":"nan","flag":true,"text":"say \\"hi\\"","at":"2001-01-01T00:01:00.5Z",' +
      '"tz":"2001-01-01T00:00:00Z","day":"2001-02-03","list":["a",null],"struct":{"x":1,"at":"2001-01-01T00:00:00Z"},' +
      '"map":{"k":1.50},"bytes":"Af8=","nested":[[1],[]]}',
  );
});

it('gives the schema what it asks for: texts, null, JSON, times', async () => {
  const path = await write(
    'declared.parquet',
    `SELECT 7 AS id, NULL::INTEGER AS n, '{"a": 1}' AS j, '2001-01-01 00:00:00' AS at, '2001' AS bad`,
  );
  const { rows } = await readAll(path, {
    properties: {
      id: { type: 'string' },
      n: { type: ['integer', 'null'] },
      j: { type: 'object' },
      at: { format: 'date-time' },
      bad: { format: 'date-time' },
    },
  });
  expect(rows[0]!.text).toBe('{"id":"7","n":null,"j":{"a": 1},"at":"2001-01-01T00:00:00Z","bad":"2001"}');
});

it('numbers the rows as the file has them, and goes on after any', async () => {
  const path = await write('many.parquet', 'SELECT i FROM range(200000) t(i)');
  const { total, rows } = await readAll(path, undefined, 150_000);
  expect(total).toBe(200_000);
  expect(rows).toHaveLength(50_000);
  expect(
    rows.every((row, index) => row.number === 150_001 + index && row.text === `{"i":${150_000 + index}}`),
  ).toBe(true);
});

describe('what a path says is no data', () => {
  it.each([
    'p=3/file.parquet',
    'g=x/p=0/n=1.parquet',
    "it's/[ab]/p=7/f?.parquet",
    'event_time=0/**/x.parquet',
  ])('%s', async (name) => {
    const path = await write(name, "SELECT 1.5 AS p, 'a' AS g");
    const { total, rows } = await readAll(path);
    expect([total, rows.map(({ text }) => text)]).toEqual([1, ['{"p":1.5,"g":"a"}']]);
  });

  it('and a name that is a pattern is that file alone', async () => {
    await write('many/fa.parquet', 'SELECT 1 AS n');
    const path = await write('many/f*.parquet', 'SELECT 2 AS n');
    expect(await readAll(path)).toEqual({ total: 1, rows: [{ number: 1, text: '{"n":2}' }] });
  });
});

it('columns have the names that stand in the file', async () => {
  const own = await write('own.parquet', 'SELECT i AS file_row_number, 7 AS filename FROM range(5000) t(i)');
  const { rows } = await readAll(own, undefined, 4998);
  expect(rows).toEqual([
    { number: 4999, text: '{"file_row_number":4998,"filename":7}' },
    { number: 5000, text: '{"file_row_number":4999,"filename":7}' },
  ]);
  // DuckDB writes no names that differ in case only; others do.
  const path = await write('case.parquet', "SELECT 1 AS shop_1, {'shop_3': 2} AS s, 3 AS shop_2");
  writeFileSync(path, readFileSync(path, 'latin1').replaceAll('shop_2', 'SHOP_1'), 'latin1');
  const schema = { properties: { shop_1: { type: 'string' }, SHOP_1: { type: 'integer' } } };
  expect((await readAll(path, schema)).rows[0]!.text).toBe('{"shop_1":"1","s":{"shop_3":2},"SHOP_1":3}');
});

it('times keep their microseconds from year 1 to 9999', async () => {
  const times = ['0001-01-01 00:00:00.000001', '1600-01-01 00:00:00.123457', '9999-12-31 23:59:59.999999'];
  const path = await write(
    'times.parquet',
    times.map((time) => `SELECT TIMESTAMP '${time}' AS t, TIMESTAMPTZ '${time}+00' AS z`).join(' UNION ALL '),
  );
  const { rows } = await readAll(path);
  expect(rows.map(({ text }) => JSON.parse(text) as object)).toEqual(
    times.map((time) => `${time.replace(' ', 'T')}Z`).map((t) => ({ t, z: t })),
  );
});
