import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '../cli/client';
import type { Failure } from '../cli/failure';
import type { Output } from '../cli/output';
import type { Fake } from '../fake-server.fixture';
import { startFake } from '../fake-server.fixture';
import type { LoadedFile } from './load-all';
import { watchFolder } from './watch-folder';
import type { WatchOptions } from './watch-folder';

let fake: Fake;
let client: Client;
let directory: string;
let before: string;
let watches: { readonly controller: AbortController; readonly done: Promise<void> }[];
let loaded: LoadedFile[];
let failed: string[];
const output: Output = { exitCode: 0, out: { write: () => true }, err: { write: () => true } };

beforeEach(async () => {
  fake = await startFake();
  client = new Client(fake.url);
  directory = mkdtempSync(join(tmpdir(), 'tenon-watch-'));
  before = process.cwd();
  process.chdir(directory);
  process.env['XDG_STATE_HOME'] = join(directory, 'state');
  mkdirSync('in');
  [watches, loaded, failed] = [[], [], []];
});
afterEach(async () => {
  await stop();
  process.chdir(before);
  delete process.env['XDG_STATE_HOME'];
  client.close();
  await fake.close();
  rmSync(directory, { recursive: true, force: true });
});

function start(options: Partial<WatchOptions> = {}): void {
  const controller = new AbortController();
  const all = { batch: 3, quiet: true, fromStart: false, catalog: 'nope', patienceMs: 0, judges: false };
  const done = watchFolder(
    client,
    'orders',
    'in',
    { ...all, everyMs: 5, signal: controller.signal, ...options },
    output,
    {
      loaded: (one) => loaded.push(one),
      failed: (path, { problems }: Failure) => failed.push(`${path} ${problems[0]?.code}`),
    },
  );
  done.catch(() => undefined);
  watches.push({ controller, done });
}
const stop = async () => {
  for (const { controller, done } of watches.splice(0)) {
    controller.abort();
    await done;
  }
};

/** Looks again until it holds; the test's own time limit ends it. */
async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const rows = (count: number, from = 1) =>
  Array.from({ length: count }, (_, index) => `{"n":${from + index}}\n`).join('');
const put = (name: string, text: string) => writeFileSync(join('in', name), text);
const numbers = () => fake.events.map((event) => (event.data as { n: number }).n);
const files = (count: number) => eventually(() => loaded.length >= count);

test('what lies in the folder and what comes is loaded once, whole, and not again after a restart', async () => {
  put('a.ndjson', rows(4));
  start();
  await files(1);
  put('b.csv', 'n\n5\n6\n');
  await files(2);
  await stop();
  put('c.jsonl', rows(1, 7));
  start();
  await eventually(() => loaded.length >= 5);
  expect(numbers()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  // Of what was there before nothing was sent.
  expect(loaded.map(({ rows: all, resumedAfter }) => all - resumedAfter)).toEqual([4, 2, 0, 0, 1]);
});

test('a file that grows is loaded on, one that is another is loaded anew, a copy is not', async () => {
  put('a.ndjson', rows(4));
  start();
  await files(1);
  appendFileSync('in/a.ndjson', rows(2, 5));
  await files(2);
  put('copy.ndjson', rows(6));
  await files(3);
  put('a.ndjson', rows(1, 100));
  await files(4);
  expect(numbers()).toEqual([1, 2, 3, 4, 5, 6, 100]);
});

test('only files that are meant: by their names, by the pattern, and no hidden ones', async () => {
  for (const name of ['.a.ndjson', 'a.txt', 'b.rejected.ndjson', 'orders-1.ndjson', 'other.ndjson'])
    put(name, rows(1, name.length));
  start({ pattern: 'orders-?.*' });
  await files(1);
  await stop();
  start();
  await files(3);
  expect(numbers()).toEqual(['orders-1.ndjson'.length, 'other.ndjson'.length]);
});

test('one that can’t be loaded is named once, and again when it has changed; the others go on', async () => {
  put('a.csv', 'n,n\n1,2\n');
  start();
  await eventually(() => failed.length > 0);
  put('b.ndjson', rows(2));
  await files(1);
  expect(failed).toEqual(['in/a.csv csv-header']);
  put('a.csv', 'n\n3\n');
  await files(2);
  expect(numbers()).toEqual([1, 2, 3]);
});

test('with Tenon away it is tried until it is back', async () => {
  put('a.ndjson', rows(2));
  let away = true;
  fake.intercept = (request, response) => {
    if (!away || request.method !== 'POST') return false;
    response.destroy();
    return true;
  };
  start();
  await eventually(() => failed.length > 1);
  away = false;
  await files(1);
  expect(numbers()).toEqual([1, 2]);
});
