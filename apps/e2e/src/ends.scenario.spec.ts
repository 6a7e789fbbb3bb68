/** A process ends when it is told to, whatever its queries do. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const BIN = join(__dirname, '../../tenon/bin/tenon.js');
const SOURCE = 'schema: { type: object, properties: { k: { type: string } } }\n';
const HUNDRED = `(VALUES ${Array.from({ length: 100 }, (_, i) => `(${i})`).join(', ')})`;
/** Planned in no time, and for one event it counts for years. */
const ENDLESS = `SELECT k, count(*) AS n FROM ev ${['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']
  .map((name) => `CROSS JOIN ${HUNDRED} AS ${name}(${name}_x)`)
  .join(' ')} GROUP BY k`;

const directory = mkdtempSync(join(tmpdir(), 'tenon-ends-'));
const catalog = join(directory, 'catalog');
const children: ChildProcess[] = [];

beforeAll(() => {
  for (const folder of ['sources', 'products']) mkdirSync(join(catalog, folder), { recursive: true });
  writeFileSync(join(catalog, 'sources/ev.yaml'), SOURCE);
  writeFileSync(join(catalog, 'products/endless.sql'), ENDLESS);
});

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

async function startEndless(name: string): Promise<{ child: ChildProcess; ended: Promise<unknown[]> }> {
  const args = ['up', '--json', '--port', '0', '--catalog', catalog, '--data', join(directory, name)];
  const others = Object.entries(process.env).filter(([key]) => !/^(TENON_|JEST|NODE_OPTIONS$)/.test(key));
  const child = spawn(process.execPath, [BIN, ...args, '--cut-every', 'off', '--log-level', 'silent'], {
    env: Object.fromEntries(others),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const ended = once(child, 'exit');
  const [line] = (await once(createInterface(child.stdout!), 'line')) as [string];
  const { url } = JSON.parse(line) as { url: string };
  const cpu = async () => {
    const text = await (await fetch(`${url}/metrics`)).text();
    return Number(/^process_cpu_seconds_total (\S+)$/m.exec(text)?.[1]);
  };
  const before = await cpu();
  const headers = { 'content-type': 'application/json' };
  await fetch(`${url}/v1/sources/ev/events`, { method: 'POST', headers, body: '{"k":"a"}' });
  while ((await cpu()) < before + 1.5) await new Promise((resolve) => setTimeout(resolve, 50));
  return { child, ended };
}

it('in order, and without the query that runs', async () => {
  const { child, ended } = await startEndless('order');
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

it('at once at a second signal', async () => {
  const { child, ended } = await startEndless('once');
  child.kill('SIGINT');
  child.kill('SIGTERM');
  // Either may be delivered first.
  expect(['SIGINT', 'SIGTERM']).toContain((await ended)[1]);
});
