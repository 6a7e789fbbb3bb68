/** The notebooks of the docs, run cell by cell against the example. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Host } from '@tenon/composition';
import { startUp } from './up';

const ROOT = join(__dirname, '../../..');
const FLIGHTS = 3_000;
/** With pandas, polars, pyarrow and duckdb. */
const PYTHON = process.env['TENON_TEST_PYTHON'] ?? 'python3';
const directory = mkdtempSync(join(tmpdir(), 'tenon-notebooks-'));
// Beside the packages, which the cells import.
const beside = mkdtempSync(join(ROOT, 'node_modules/.tenon-notebook-'));
let up: Host;

beforeAll(async () => {
  up = await startUp(join(directory, 'data'));
  const origins = ['ATL', 'LAX', 'ORD', 'DFW', 'DEN'];
  const lines = Array.from({ length: FLIGHTS }, (_, n) =>
    JSON.stringify({
      ...{ date: new Date(Date.UTC(2001, 0, 1, n)).toISOString(), delay: n % 60, distance: n },
      ...{ origin: origins[n % 5], destination: origins[(n + 1) % 5] },
    }),
  );
  const sent = await fetch(`${up.url}/v1/sources/flights/events`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/x-ndjson' } },
    body: lines.join('\n'),
  });
  const { receipt, accepted } = (await sent.json()) as { receipt: string; accepted: number };
  expect(accepted).toBe(FLIGHTS);
  expect(
    (await fetch(`${up.url}/v1/products/airport_hours/rows?after=${receipt}&timeout=60000`)).status,
  ).toBe(200);
});

afterAll(async () => {
  await up.stop();
  for (const one of [directory, beside]) rmSync(one, { recursive: true, force: true });
});

/** Its cells of code, one after the other. */
function cellsOf(name: string): string {
  const { cells } = JSON.parse(readFileSync(join(ROOT, 'docs/notebooks', name), 'utf8')) as {
    cells: readonly { cell_type: string; source: readonly string[] }[];
  };
  return cells
    .filter(({ cell_type }) => cell_type === 'code')
    .map(({ source }) => source.join(''))
    .join('\n');
}

/** @returns what its last cell prints last */
async function run(program: string, file: string, text: string): Promise<unknown> {
  const path = join(beside, file);
  writeFileSync(path, text);
  const { JEST_WORKER_ID: _, ...inherited } = process.env;
  const env = { ...inherited, TENON_URL: up.url, TMPDIR: directory };
  const { stdout } = await promisify(execFile)(program, [path], { env });
  return JSON.parse(stdout.trim().split('\n').at(-1) as string);
}

test('in JavaScript: Arrow and DuckDB, with what npm has', async () => {
  // Deno names packages with where they are from.
  const text = cellsOf('answers-javascript.ipynb').replaceAll(/"npm:(@?[^@"]+)@[^"]+"/g, '"$1"');
  const found = await run(process.execPath, 'notebook.mjs', text);
  expect(found).toEqual({ arrow: FLIGHTS, duckdb: FLIGHTS, pages: FLIGHTS });
});

const { status } = spawnSync(PYTHON, ['-c', 'import duckdb, pandas, polars, pyarrow']);
(status === 0 ? test : test.skip)(
  `in Python: pandas, polars and DuckDB${status === 0 ? '' : ' (not run: they are not installed; TENON_TEST_PYTHON names a Python that has them)'}`,
  async () => {
    const found = await run(PYTHON, 'notebook.py', cellsOf('answers-python.ipynb'));
    expect(found).toEqual({ pandas: FLIGHTS, polars: FLIGHTS, duckdb: FLIGHTS, pages: FLIGHTS });
  },
);
