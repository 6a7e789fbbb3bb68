/** A source whose events are files in a folder, while Tenon is killed again and again as it reads them; compared with DuckDB over the files. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { eventually } from '@tenon/testing';
import { TenonProcess } from './tenon-process';

const ROWS = 6_000;
/** Each so many rows of a text file one is none. */
const BAD_EVERY = 1_000;

let directory: string;
let tenon: TenonProcess | null = null;

const at = (...names: string[]) => join(directory, ...names);

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tenon-files-'));
  for (const folder of ['catalog/sources', 'catalog/products', 'in/more'])
    mkdirSync(at(folder), { recursive: true });
  const properties = { shop: { type: 'string' }, amount: { type: 'integer' } };
  const schema = { type: 'object', required: ['shop', 'amount'], properties };
  const from = { files: { folder: at('in'), settle: '0.3s' } };
  writeFileSync(
    at('catalog/sources/sales.yaml'),
    JSON.stringify({ key: 'shop', partitions: 2, from, dedupe: { window: 10_000 }, schema }),
  );
  const sql = 'SELECT shop, count(*) AS n, sum(amount) AS total FROM sales GROUP BY shop\n';
  writeFileSync(at('catalog/products/shops.sql'), sql);
});
afterAll(async () => {
  await tenon?.kill();
  rmSync(directory, { recursive: true, force: true });
}, 60_000);

async function duckdb(sql: string): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRowsJson();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Written beside, and renamed: as a tool that knows of readers does. */
async function copy(select: string, name: string, format: string): Promise<void> {
  await duckdb(`COPY (${select}) TO '${at('in', '.writing')}' (${format})`);
  renameSync(at('in/.writing'), at('in', name));
}

const rows = (first: number, amount = 'i::VARCHAR') =>
  `SELECT 's' || (i % 7) AS shop, CASE WHEN i % ${BAD_EVERY} = 3 THEN 'none' ELSE ${amount} END AS amount
   FROM range(${first}, ${first + ROWS}) AS t(i)`;

/** What plain SQL makes of the files. */
const ORACLE = () => `
  SELECT shop, count(*)::INTEGER, sum(amount)::INTEGER FROM (
    SELECT shop, amount::BIGINT AS amount FROM '${at('in/a.parquet')}'
    UNION ALL SELECT shop, try_cast(amount AS BIGINT) FROM read_csv('${at('in/b.csv')}', all_varchar = true)
    UNION ALL SELECT shop, try_cast(amount AS BIGINT) FROM read_json('${at('in/more/c.ndjson')}', columns = {shop: 'VARCHAR', amount: 'VARCHAR'})
  ) WHERE amount IS NOT NULL GROUP BY shop`;

interface Status {
  readonly taken: number;
  readonly files: number;
  readonly left: number | null;
}

async function status(): Promise<Status> {
  const answer = (await (await fetch(`${tenon?.url}/v1/status`)).json()) as {
    services: { name: string; sources: { from: Status }[] }[];
  };
  const ingestion = answer.services.find(({ name }) => name === 'ingestion');
  return (ingestion?.sources[0] as { from: Status }).from;
}

async function answered(): Promise<unknown[][]> {
  const answer = (await (await fetch(`${tenon?.url}/v1/products/shops/rows?limit=100`)).json()) as {
    rows: { shop: string; n: number; total: number }[];
  };
  return answer.rows.map(({ shop, n, total }) => [shop, n, total]);
}

const sorted = (found: unknown[][]) => found.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));

test('counts each row of each file once', async () => {
  await copy(
    `SELECT 's' || (i % 7) AS shop, i::INTEGER AS amount FROM range(${ROWS}) AS t(i)`,
    'a.parquet',
    'FORMAT parquet',
  );
  await copy(rows(ROWS), 'b.csv', 'FORMAT csv, HEADER');
  // Of rows that are none the amount is a text; of all others a number, as NDJSON has it.
  await copy(
    `SELECT shop, CASE WHEN amount = 'none' THEN to_json(amount) ELSE amount::JSON END AS amount FROM (${rows(2 * ROWS)})`,
    'more/c.ndjson',
    'FORMAT json',
  );
  for (const enough of [1, ROWS / 2]) {
    tenon = await TenonProcess.start(at('catalog'), at('data'));
    await eventually('some rows are taken', async () => {
      const { taken, files } = await status();
      return taken >= enough || files === 3;
    });
    await tenon.kill();
  }
  tenon = await TenonProcess.start(at('catalog'), at('data'));
  const expected = sorted(await duckdb(ORACLE()));
  await eventually('all files are read', async () => (await status()).files === 3, { timeoutMs: 120_000 });
  await eventually('all rows count', async () => {
    expect(sorted(await answered())).toEqual(expected);
    return true;
  });

  const { letters } = (await (
    await fetch(`${tenon.url}/v1/dead-letters?source=sales&limit=1000`)
  ).json()) as { letters: { code: string; origin: string }[] };
  const refused = letters.map(({ code, origin }) => `${code} ${origin.replace(/@\w+/, '')}`);
  const bad = Array.from({ length: ROWS / BAD_EVERY }, (_, index) => index * BAD_EVERY + 4);
  expect(refused.sort()).toEqual(
    ['b.csv', 'more/c.ndjson']
      .flatMap((file) => bad.map((row) => `schema-violation files:${file}/${row}`))
      .sort(),
  );

  // Another content under a name that was read is neither read nor passed over in silence.
  await copy(rows(3 * ROWS), 'b.csv', 'FORMAT csv, HEADER');
  await eventually('the change is told', async () =>
    (await (await fetch(`${tenon?.url}/readyz`)).text()).includes('file-changed'),
  );
  expect(sorted(await answered())).toEqual(expected);
}, 300_000);
