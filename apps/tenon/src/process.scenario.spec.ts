/** The command as a process: what only a process can show. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fake } from './fake-server.fixture';
import { startFake } from './fake-server.fixture';

const ROOT = join(__dirname, '../../..');

let directory: string;
let fake: Fake;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tenon-process-'));
  fake = await startFake();
});
afterEach(async () => {
  await fake.close();
  rmSync(directory, { recursive: true, force: true });
});

function start(
  args: readonly string[],
  program: readonly string[] = ['-r', require.resolve('tsx/cjs'), join(__dirname, 'main.ts')],
) {
  const { JEST_WORKER_ID: _, ...inherited } = process.env;
  const env = {
    ...inherited,
    TSX_TSCONFIG_PATH: join(ROOT, 'tsconfig.base.json'),
    XDG_STATE_HOME: directory,
    TENON_URL: fake.url,
  };
  const child = spawn(process.execPath, [...program, ...args], { cwd: directory, env });
  let out = '';
  let err = '';
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  child.stderr.on('data', (text: Buffer) => (err += text.toString()));
  const says = (text: string) =>
    new Promise<void>((resolve) => child.stderr.on('data', () => err.includes(text) && resolve()));
  const ended = new Promise<{ code: number | null; out: string; err: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, out, err })),
  );
  return { child, says, ended };
}

it('exits with 0, 1 and 2, from whatever directory it is called', async () => {
  const [status, missing, wrong] = await Promise.all([
    start(['status', '--json']).ended,
    start(['load', 'orders', 'nope.csv']).ended,
    start(['nonsense']).ended,
  ]);
  expect(status).toEqual({ code: 0, out: '{"services":[],"products":[]}\n', err: '' });
  expect(missing).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringContaining('There is no file nope.csv.'),
  });
  expect(wrong).toMatchObject({ code: 2, out: '' });
}, 120_000);

it('runs as npx starts it, and plans a catalog', async () => {
  const bin = [join(ROOT, 'apps/tenon/bin/tenon.js')];
  const [version, checked] = await Promise.all([
    start(['--version'], bin).ended,
    start(['check', join(ROOT, 'catalog')], bin).ended,
  ]);
  expect(version).toMatchObject({ code: 0, err: '' });
  expect(version.out).toMatch(/^\d+\.\d+\.\d+\s*$/);
  expect(checked).toMatchObject({ code: 0, out: expect.stringContaining('no problem.') });
}, 60_000);

it('ends a load at Ctrl-C after the batch that is on its way, and the next one goes on from there', async () => {
  writeFileSync(
    join(directory, 'a.ndjson'),
    Array.from({ length: 100 }, (_, index) => `{"n":${index}}\n`).join(''),
  );
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const reached = new Promise<void>((resolve) => {
    fake.intercept = async (request) => {
      if (request.method === 'POST' && fake.events.length === 20) {
        resolve();
        await held;
      }
      return false;
    };
  });
  const args = ['load', 'orders', 'a.ndjson', '--batch', '10'];
  const first = start(args);
  await reached;
  first.child.kill('SIGINT');
  await first.says('Ending once');
  release();
  const stopped = await first.ended;
  expect(stopped.code).toBe(1);
  expect(stopped.out).toContain('the same command goes on from there');
  const sent = fake.events.length;
  expect(sent).toBeLessThan(100);
  const second = await start(args).ended;
  expect(second.code).toBe(0);
  expect(fake.events.map((event) => (event.data as { n: number }).n)).toEqual(
    Array.from({ length: 100 }, (_, index) => index),
  );
}, 120_000);

// The real entry installs what is missing, which a test must not set off: it runs where nothing is.
const lock = createHash('sha256')
  .update(readFileSync(join(ROOT, 'package-lock.json')))
  .digest('hex');
const stamp = join(ROOT, 'node_modules/.tenon-lock');
const installed = existsSync(stamp) && readFileSync(stamp, 'utf8') === lock;
(installed ? it : it.skip)(
  'bin/tenon.js is the same command',
  async () => {
    const { code, out } = await start(['--version'], [join(ROOT, 'apps/tenon/bin/tenon.js')]).ended;
    expect(code).toBe(0);
    expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
  },
  30_000,
);
