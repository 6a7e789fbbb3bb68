/** The same rows as JSON, CSV, Arrow and Parquet: read back and compared by DuckDB, which knows nothing of Tenon. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { DuckDBInstance } from '@duckdb/node-api';
import { tableFromIPC } from 'apache-arrow';
import { Table, writeParquet } from 'parquet-wasm';
import { Tenon } from './tenon';

const ROWS = 3_000;

const SOURCE = `
key: who
time: sold
schema:
  type: object
  required: [who, sold]
  $defs: { money: { type: number, multipleOf: 0.01 } }
  properties:
    who: { type: [string, 'null'] }
    sold: { type: string, format: date-time }
    price: { $ref: '#/$defs/money' }
    n: { type: integer }
    x: { type: number }
    tags: { type: array, items: { type: string } }
`;

/** Awkward names, each shape that a value may have, and a column that not every row can compute. */
const SHAPES = `
SELECT time_bucket(INTERVAL '1 hour', sold) AS "select ""a"", b", who AS format, count(*) AS "Ключ", sum(price) AS "it's",
  sum(n) AS total, max(n) AS most, avg(x) AS mean, max(x)::FLOAT AS short, max(price)::DECIMAL(12, 2) AS money,
  sum(price) * 1000000000000000000::DECIMAL(38, 0) AS long, histogram(who) AS names, histogram(n) AS counts,
  {'first one': min(sold), 'n': count(*), 'in': {'x': max(n)}} AS pair, [min(n), NULL, max(n)] AS both, bool_or(n > 1) AS large,
  max(sold)::DATE AS day, max(sold)::TIMESTAMPTZ AS moment, max(sold)::TIME AS clock, 1.0::DOUBLE / 0 AS endless, sum(n)::SMALLINT AS small,
  INTERVAL '1 day' * count(*) AS span, CASE count(*) WHEN 2 THEN CAST(min(who) AS INTEGER) END AS broken,
  first(tags ORDER BY sold) AS tags
FROM sales GROUP BY ALL`;
const MANY = `SELECT sold AS t, who, count(*) AS n, sum(price) AS total FROM many GROUP BY ALL`;
const tenon = new Tenon();
let duckdb: DuckDBConnection;
let receipt: string;

const EVENTS = [
  { who: 'ann', sold: '2001-01-01T10:05:00Z', price: 12.5, n: 3, x: 0.1, tags: ['a', '"', ''] },
  { who: 'ann', sold: '2001-01-01T10:05:00.000001Z', price: 0.01, n: -2, x: 1e300 },
  { who: '', sold: '2001-01-01T10:06:00Z', n: 9007199254740991 },
  { who: '', sold: '2001-01-01T10:06:00Z', n: 9007199254740991 },
  { who: null, sold: '2001-01-01T10:07:00Z' },
  { who: '=1+1, "x"\r\n', sold: '2001-01-01T12:00:00Z', price: -99999999999.99, x: -0.0, tags: [] },
  { who: 'Ünï ☂ 𝄞', sold: '2001-12-31T23:59:59.123456Z', price: 1, n: 1, x: 5e-324 },
  { who: 'NULL', sold: '0001-01-01T00:00:00Z', price: 0.1, n: 0, x: 123456789012345680000 },
];

beforeAll(async () => {
  tenon.file('sources/sales.yaml', SOURCE);
  tenon.file('sources/many.yaml', SOURCE);
  tenon.file('products/shapes.sql', SHAPES);
  tenon.file('products/many.sql', MANY);
  await tenon.start();
  const sent = await tenon.send(
    'sales',
    EVENTS.slice(0, 5).map((one) => JSON.stringify(one)),
  );
  expect(sent.body).toMatchObject({ accepted: 5 });
  await tenon.cut();
  receipt = (
    await tenon.send(
      'sales',
      EVENTS.slice(5).map((one) => JSON.stringify(one)),
    )
  ).body['receipt'] as string;
  const many = Array.from({ length: ROWS }, (_, n) =>
    JSON.stringify({
      who: `number ${n} ☂ ${'x'.repeat(n % 200)}`,
      sold: new Date(n * 60_000).toISOString(),
      price: n / 100,
    }),
  );
  const landed = (await tenon.send('many', many)).body['receipt'] as string;
  expect((await get('many', `after=${landed}&limit=1`)).status).toBe(200);
  duckdb = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  await duckdb.run("SET TimeZone = 'UTC'");
});

afterAll(async () => {
  duckdb?.closeSync();
  await tenon.stop();
});

const get = (product: string, query: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(`${tenon.url}/v1/products/${product}/rows?${query}`, { headers, method });

const TYPES = {
  json: 'application/json',
  csv: 'text/csv',
  arrow: 'application/vnd.apache.arrow.stream',
  parquet: 'application/vnd.apache.parquet',
} as const;
type Format = keyof typeof TYPES;
const FORMATS = Object.keys(TYPES) as Format[];

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
const named = (name: string) => `"${name.replaceAll('"', '""')}"`;

let files = 0;
function written(extension: string, bytes: Uint8Array | string): string {
  const path = join(tenon.directory, `${(files += 1)}.${extension}`);
  writeFileSync(path, bytes);
  return quoted(path);
}

interface Column {
  readonly name: string;
  readonly type: string;
}

/** What a product's columns are in a table. */
async function columnsOf(product: string): Promise<Column[]> {
  const { columns } = (await tenon.call(`/v1/products/${product}`)).body as unknown as { columns: Column[] };
  const inTables = (type: string) =>
    type.replaceAll('HUGEINT', 'DECIMAL(38,0)').replaceAll('INTERVAL', 'VARCHAR');
  return [
    ...columns.map(({ name, type }) => ({ name, type: inTables(type) })),
    ...['_cell', '_status'].map((name) => ({ name, type: 'VARCHAR' })),
  ];
}

const read = async (sql: string) => (await duckdb.runAndReadAll(sql)).getRowsJson();

/** Of a text of JSON or CSV. What has parts is written as JSON there, and maps whose keys are no texts as pairs. */
function castOf(text: string, type: string): string {
  const pair = /^MAP\(BIGINT, (\w+)\)$/.exec(type);
  const json = `CAST(${text} AS JSON)`;
  if (pair !== null)
    return `map_from_entries(list_transform(CAST(${json} AS JSON[][]), lambda pair: {'k': CAST(pair[1] AS BIGINT), 'v': CAST(pair[2] AS ${pair[1]})}))`;
  return `CAST(${/[[(]/.test(type) && !type.startsWith('DECIMAL') ? json : text} AS ${type})`;
}

/** An answer's rows as a relation of the columns' types. */
function relationOf(format: Format, body: Buffer, columns: readonly Column[]): string {
  const names = columns.map(({ name }) => named(name)).join(', ');
  const cast = columns.map(({ name, type }) => `${castOf(named(name), type)} AS ${named(name)}`);
  switch (format) {
    case 'json': {
      const { rows } = JSON.parse(body.toString()) as { rows: object[] };
      const path = written('ndjson', rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
      const types = columns.map(({ name }) => `${quoted(name)}: 'VARCHAR'`).join(', ');
      return `(SELECT ${cast.join(', ')} FROM read_json(${path}, format = 'newline_delimited', columns = {${types}}))`;
    }
    case 'csv': {
      const types = columns.map(({ name }) => `${quoted(name)}: 'VARCHAR'`).join(', ');
      const options = `auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', new_line = '\\r\\n', nullstr = '', allow_quoted_nulls = false`;
      return `(SELECT ${cast.join(', ')} FROM read_csv(${written('csv', body)}, columns = {${types}}, ${options}))`;
    }
    // By arrow-rs to a file that DuckDB can read.
    case 'arrow':
      return `(SELECT ${names} FROM read_parquet(${written('parquet', writeParquet(Table.fromIPCStream(body)))}))`;
    case 'parquet':
      return `(SELECT ${names} FROM read_parquet(${written('parquet', body)}))`;
  }
}

async function asked(product: string, query: string, format: Format, byAccept = false) {
  const response = await (byAccept
    ? get(product, query, { accept: TYPES[format] })
    : get(product, `${query}&option.format=${format}`));
  expect([response.status, response.headers.get('content-type')?.split(';')[0]]).toEqual([
    200,
    TYPES[format],
  ]);
  return { response, body: Buffer.from(await response.arrayBuffer()) };
}

/** @returns how many rows each format has; all of them the same ones, in the same order */
async function expectSame(product: string, query: string): Promise<number> {
  const columns = await columnsOf(product);
  const relations: string[] = [];
  let count = -1;
  for (const format of FORMATS) {
    const { body } = await asked(product, query, format, relations.length % 2 === 0);
    if (format === 'json') count = (JSON.parse(body.toString()) as { rows: object[] }).rows.length;
    relations.push(`(SELECT row_number() OVER () AS place, * FROM ${relationOf(format, body, columns)})`);
  }
  const [first, ...others] = relations;
  for (const [at, other] of others.entries()) {
    expect([FORMATS[at + 1], await read(`SELECT count(*) FROM ${other}`)]).toEqual([
      FORMATS[at + 1],
      [[String(count)]],
    ]);
    expect([FORMATS[at + 1], await read(`SELECT * FROM ${other} EXCEPT ALL SELECT * FROM ${first}`)]).toEqual(
      [FORMATS[at + 1], []],
    );
  }
  return count;
}

test('the same rows in each format, whatever the names, types and values; merged, of one layer, and of before', async () => {
  expect(await expectSame('shapes', `after=${receipt}`)).toBe(6);
  expect(await expectSame('shapes', 'layer=batch')).toBe(3);
  expect(await expectSame('shapes', 'layer=speed')).toBe(3);
  expect(await expectSame('shapes', 'asOf=1')).toBe(3);
  expect(await expectSame('shapes', 'where.format=nobody')).toBe(0);
  expect(await expectSame('shapes', 'null.format=true')).toBe(1);
  expect(await expectSame('shapes', 'order=desc&limit=2')).toBe(2);
});

test('columns have the types of the product, and the schema tells what the answer is', async () => {
  const columns = await columnsOf('shapes');
  const { body, response } = await asked('shapes', '', 'parquet');
  const file = written('parquet', body);
  const described = await read(`DESCRIBE SELECT * FROM read_parquet(${file})`);
  const own = [
    ['_approximate', 'VARCHAR[]'],
    ['_errors', 'STRUCT("column" VARCHAR, code VARCHAR, reason VARCHAR)[]'],
  ];
  expect(described.map((row) => row.slice(0, 2))).toEqual([
    ...columns.map(({ name, type }) => [name, type]),
    ...own,
  ]);
  const errors = `SELECT format, list_transform(_errors, lambda one: one['column'] || one.code) FROM read_parquet(${file}) WHERE _errors IS NOT NULL ORDER BY ALL`;
  const failed = (...names: string[]) => names.map((name) => `${name}answer-failed`);
  expect(await read(errors)).toEqual([
    ['', failed('small', 'broken')],
    ['=1+1, "x"\r\n', failed('money')],
    ['ann', failed('short', 'broken')],
  ]);
  const metadata = await read(`SELECT decode(key), decode(value) FROM parquet_kv_metadata(${file})`);
  const told = new Map(metadata as [string, string][]);
  expect(told.get('tenon.product')).toBe('shapes');
  expect(JSON.parse(told.get('tenon.answer') as string)).toEqual(
    JSON.parse(response.headers.get('tenon-answer') as string),
  );
  const { body: stream } = await asked('shapes', 'limit=2', 'arrow');
  const arrow = tableFromIPC(stream);
  expect(arrow.schema.fields.map(({ name }) => name)).toEqual(described.map(([name]) => name));
  const { rows } = (await tenon.call('/v1/products/shapes/rows?limit=2')).body as {
    rows: Record<string, number>[];
  };
  expect(arrow.getChild('Ключ')?.toJSON()).toEqual(rows.map((row) => BigInt(row['Ключ'] as number)));
  expect(JSON.parse(arrow.schema.metadata.get('tenon.answer') as string)).toMatchObject({
    generation: 1,
    topology: 'lambda',
  });
  expect(arrow.schema.metadata.get('tenon.next')).toMatch(/./);
});

test('a page goes on in any format, and large pages are streamed as a whole, compressed or not', async () => {
  expect(await expectSame('many', 'limit=10000')).toBe(ROWS);
  const columns = await columnsOf('many');
  const pages: string[] = [];
  for (let cursor: string | null = '', turn = 0; cursor !== null; turn++) {
    const format: Format = FORMATS[turn % FORMATS.length] as Format;
    const { response, body } = await asked(
      'many',
      `limit=${700 + turn}${cursor === '' ? '' : `&cursor=${cursor}`}`,
      format,
    );
    pages.push(relationOf(format, body, columns));
    cursor =
      format === 'json'
        ? (JSON.parse(body.toString()) as { next: string | null }).next
        : response.headers.get('tenon-next');
  }
  expect(pages.length).toBe(5);
  const { body: whole } = await asked('many', 'limit=10000', 'json');
  const all = pages.map((page) => `SELECT * FROM ${page}`).join(' UNION ALL ');
  expect(await read(`${all} EXCEPT ALL SELECT * FROM ${relationOf('json', whole, columns)}`)).toEqual([]);
  expect(await read(`SELECT count(*), count(DISTINCT _cell) FROM (${all})`)).toEqual([
    [String(ROWS), String(ROWS)],
  ]);
  for (const format of FORMATS) {
    const plain = await get('many', `limit=10000&format=${format}`, { 'accept-encoding': 'identity' });
    expect([format, plain.headers.get('content-length')]).toEqual([format, null]);
    await plain.arrayBuffer();
    for (const encoding of ['gzip', 'br']) {
      const packed = await get('many', `limit=10000&format=${format}`, { 'accept-encoding': encoding });
      expect([format, packed.headers.get('content-encoding')]).toEqual([
        format,
        format === 'parquet' ? null : encoding,
      ]);
      const columnsOfIt = relationOf(format, Buffer.from(await packed.arrayBuffer()), columns);
      expect(await read(`SELECT count(*) FROM ${columnsOfIt}`)).toEqual([[String(ROWS)]]);
    }
  }
});

test('HEAD and 304 know each format', async () => {
  const tags = new Set<string>();
  for (const format of FORMATS) {
    const { response, body } = await asked('shapes', '', format);
    const etag = response.headers.get('etag') as string;
    tags.add(etag);
    const head = await get('shapes', `option.format=${format}`, {}, 'HEAD');
    expect([head.status, head.headers.get('etag'), head.headers.get('content-type')]).toEqual([
      200,
      etag,
      response.headers.get('content-type'),
    ]);
    const same = await get('shapes', '', { accept: TYPES[format], 'if-none-match': etag });
    expect([same.status, (await same.arrayBuffer()).byteLength]).toEqual([304, 0]);
    expect(body.length).toBeGreaterThan(0);
    expect(response.headers.get('vary')).toContain('accept');
  }
  expect(tags.size).toBe(FORMATS.length);
});

test.each([
  ['format=xml', {}, 400, 'bad-parameter'],
  ['', { accept: 'application/vnd.apache.arrow.file' }, 406, 'not-acceptable'],
] as const)('%s %j: %i %s', async (query, headers, status, code) => {
  const response = await get('many', query, headers);
  expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([status, code]);
});
