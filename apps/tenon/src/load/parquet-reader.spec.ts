import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`COPY (${select}) TO '${path}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
  return path;
}

async function readAll(path: string, schema?: object, skip = 0) {
  const reader = await openParquet(path, declaredFields(schema as never));
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
