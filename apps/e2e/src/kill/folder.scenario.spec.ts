/** A folder that is watched, while whoever loads it is killed again and again, and live events come beside the files. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Host } from '@tenon/composition';
import { eventually } from '@tenon/testing';
import { startUp } from '../up';

const BIN = join(__dirname, '../../../../apps/tenon/bin/tenon.js');
const ROWS = 6_000;
const KILLS = 3;

interface Row {
  readonly shop: string;
  readonly amount: number;
}

let directory: string;
let host: Host;
let loader: ChildProcess | null = null;

const at = (...names: string[]) => join(directory, ...names);

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tenon-folder-'));
  for (const folder of ['catalog/sources', 'catalog/products', 'in'])
    mkdirSync(at(folder), { recursive: true });
  const properties = { shop: { type: 'string' }, amount: { type: 'integer' } };
  const schema = { type: 'object', required: ['shop', 'amount'], properties };
  const source = { key: 'shop', partitions: 2, dedupe: { window: 5_000 }, schema };
  writeFileSync(at('catalog/sources/sales.yaml'), JSON.stringify(source));
  const sql = 'SELECT shop, count(*) AS n, sum(amount) AS total FROM sales GROUP BY shop\n';
  writeFileSync(at('catalog/products/shops.sql'), sql);
  host = await startUp(at('data'), 0, {}, at('catalog'));
});
afterAll(async () => {
  await kill();
  await host?.stop();
  rmSync(directory, { recursive: true, force: true });
});

function watch(): void {
  const args = ['load', 'sales', at('in'), '--watch', '--every', '1', '--batch', '300', '--url', host.url];
  loader = spawn(process.execPath, [BIN, ...args], {
    cwd: directory,
    stdio: 'ignore',
    env: { ...environment(), XDG_STATE_HOME: at('state') },
  });
}

/** Settings of whoever runs the tests are not those of the process. */
const environment = () =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(TENON_|JEST|NODE_OPTIONS$)/.test(name)),
  );

async function kill(): Promise<void> {
  if (loader === null || loader.exitCode !== null || loader.signalCode !== null) return;
  const gone = once(loader, 'exit');
  loader.kill('SIGKILL');
  await gone;
}

async function post(row: Row): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify(row);
  const response = await fetch(`${host.url}/v1/sources/sales/events`, { method: 'POST', headers, body });
  expect(response.status).toBe(202);
}

const accepted = async () => {
  const status = (await (await fetch(`${host.url}/v1/status`)).json()) as {
    services: { name: string; sources: { accepted: number }[] }[];
  };
  return status.services.find(({ name }) => name === 'ingestion')?.sources[0]?.accepted ?? 0;
};

test('counts each row once', async () => {
  const rows: Row[] = [];
  const write = (name: string, count: number) => {
    const of = Array.from({ length: count }, (_, index) => ({
      shop: `s${index % 7}`,
      amount: index + rows.length,
    }));
    rows.push(...of);
    const bad = '{"shop":5}\n';
    const text = of.map((row, index) => `${JSON.stringify(row)}\n${index % 1_000 === 3 ? bad : ''}`).join('');
    writeFileSync(at(`in/.${name}`), text);
    renameSync(at(`in/.${name}`), at('in', name));
  };
  for (let round = 0; round < KILLS; round++) {
    write(`${round}.ndjson`, ROWS);
    const before = await accepted();
    watch();
    await eventually('some rows are in', async () => (await accepted()) > before + 300, {
      timeoutMs: 120_000,
    });
    const live = { shop: 'live', amount: round };
    await post(live);
    rows.push(live);
    await kill();
  }
  watch();
  const expected = new Map<string, [number, number]>();
  for (const { shop, amount } of rows) {
    const [count, total] = expected.get(shop) ?? [0, 0];
    expected.set(shop, [count + 1, total + amount]);
  }
  const cells = async () => {
    const answer = (await (await fetch(`${host.url}/v1/products/shops/rows?limit=100`)).json()) as {
      rows: { shop: string; n: number; total: number }[];
    };
    return new Map(answer.rows.map(({ shop, n, total }): [string, [number, number]] => [shop, [n, total]]));
  };
  const count = async () => [...(await cells()).values()].reduce((sum, [n]) => sum + n, 0);
  await eventually('all rows are in', async () => (await count()) >= rows.length, { timeoutMs: 120_000 });
  expect(await cells()).toEqual(expected);
});
