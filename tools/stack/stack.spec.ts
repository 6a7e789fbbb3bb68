import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installed } from './installed';
import { claimPort } from './ports';
import { isRunning, run, start, stop, tail } from './programs';
import { readSettings } from './settings';
import { stackDown, stackEnvironment, stackStatus, stackUp } from './stack';
import { noteState, readState } from './state';

let folder: string;

beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tenon-stack-spec-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const sleeper = () =>
  start(process.execPath, ['-e', 'console.log("up"); setInterval(() => {}, 1000)'], join(folder, 'log'));

test('settings come from the environment, and a wrong port is named', () => {
  const settings = readSettings({
    XDG_CACHE_HOME: '/cache',
    TENON_STACK_DIR: '/run/x',
    TENON_STACK_NATS_PORT: '0',
  });
  expect(settings).toEqual({
    cache: '/cache/tenon',
    run: '/run/x',
    ports: { kafka: 19092, nats: 0, mongodb: 37017 },
  });
  expect(() => readSettings({ TENON_STACK_KAFKA_PORT: 'abc' })).toThrow(/TENON_STACK_KAFKA_PORT is "abc"/);
  expect(() => readSettings({ TENON_STACK_KAFKA_PORT: '70000' })).toThrow(/TENON_STACK_KAFKA_PORT/);
});

test('a port that is taken is an error with a way out; 0 gives a free one', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await expect(claimPort(port, 'TENON_X')).rejects.toThrow(`Port ${port} is taken. Set TENON_X`);
  expect(await claimPort(0, 'TENON_X')).toBeGreaterThan(1023);
  await new Promise((resolve) => server.close(resolve));
});

test('a program of the cache appears whole or not at all, and is brought once', async () => {
  await expect(
    installed(folder, 'thing-1', async (into) => {
      writeFileSync(join(into, 'half'), '');
      throw new Error('no network');
    }),
  ).rejects.toThrow('no network');
  expect(readdirSync(folder)).toEqual([]);
  let brought = 0;
  const bring = () =>
    installed(folder, 'thing-1', async (into) => {
      brought++;
      writeFileSync(join(into, 'whole'), '');
    });
  expect(await bring()).toBe(join(folder, 'thing-1'));
  await bring();
  expect([readdirSync(folder), readdirSync(join(folder, 'thing-1')), brought]).toEqual([
    ['thing-1'],
    ['whole'],
    1,
  ]);
});

test('a process is known again by when it began, so that another one under its number is left alone', async () => {
  const one = sleeper();
  const namesake = { ...one, began: '1' };
  expect([isRunning(one), isRunning(namesake)]).toEqual([true, false]);
  await stop(namesake);
  expect(isRunning(one)).toBe(true);
  await stop(one);
  expect(isRunning(one)).toBe(false);
});

test('a program that fails says what it printed', async () => {
  await expect(run(process.execPath, ['-e', 'console.error("the reason"); process.exit(3)'])).rejects.toThrow(
    /failed \(3\):\nthe reason/,
  );
  expect(tail(join(folder, 'missing'))).toBe('(no log)');
});

test('down stops what was started and removes its data; where nothing runs it does nothing', async () => {
  const settings = { ...readSettings({}), run: join(folder, 'run') };
  const lines: string[] = [];
  await stackDown(settings, (line) => lines.push(line));
  const one = sleeper();
  noteState(settings.run, 'nats', { url: 'nats://127.0.0.1:1', port: 1, origin: 'local', processes: [one] });
  expect(Object.keys(readState(settings.run))).toEqual(['nats']);
  await stackDown(settings, (line) => lines.push(line));
  expect([isRunning(one), existsSync(settings.run), lines]).toEqual([false, false, ['nats: stopped']]);
});

test('servers that the environment names are used: checked, never started, and never replaced', async () => {
  const settings = { ...readSettings({}), run: join(folder, 'run') };
  const given = stackEnvironment({
    kafka: '127.0.0.1:1',
    nats: 'nats://127.0.0.1:1',
    mongodb: 'mongodb://127.0.0.1:1',
  });
  const before = { ...process.env };
  Object.assign(process.env, given);
  try {
    const status = await stackStatus(settings);
    expect(status.map(({ origin, problem }) => [origin, problem === null])).toEqual(
      Array.from({ length: 3 }, () => ['environment', false]),
    );
    await expect(stackUp(settings, () => undefined)).rejects.toThrow('TENON_KAFKA_BROKERS names 127.0.0.1:1');
    expect(existsSync(settings.run)).toBe(false);
  } finally {
    for (const name of Object.keys(given)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
});
