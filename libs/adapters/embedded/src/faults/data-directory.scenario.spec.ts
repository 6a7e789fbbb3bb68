import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDataDirectory } from '../data-directory/data-directory';
import { bundle } from './bundle';
import type { Bundle } from './bundle';

let root: string;
let script: Bundle;
let count = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tenon-data-'));
  script = await bundle('data-directory-child.ts');
});

afterAll(async () => {
  await rm(root, { recursive: true });
  await script.remove();
});

const fresh = () => join(root, String(count++));

/** Starts a process that opens the directory. @returns it, and what it said */
async function start(directory: string): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(process.execPath, [script.path, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, said: chunk.toString().trim() };
}

/** Everything in a directory, with contents and times, to see that nothing was touched. */
async function stateOf(directory: string): Promise<object> {
  const names = (await readdir(directory)).sort();
  const read = async (name: string) => [
    name,
    await readFile(join(directory, name), 'utf8'),
    (await stat(join(directory, name))).mtimeMs,
  ];
  return Promise.all(names.map(read));
}

test('a directory is made, used, and used again', async () => {
  const directory = join(fresh(), 'deep', 'down');
  const first = await openDataDirectory(directory);
  expect(first).toMatchObject({
    path: directory,
    log: join(directory, 'log'),
    store: join(directory, 'store'),
    lake: join(directory, 'lake'),
  });
  await first.close();
  await (await openDataDirectory(directory)).close();
  expect(JSON.parse(await readFile(join(directory, 'format.json'), 'utf8'))).toEqual({ tenon: 1 });
});

test('a second process is refused with the pid of the first, and touches nothing; after kill -9 the next one works', async () => {
  const directory = fresh();
  const { child, said } = await start(directory);
  expect(said).toBe('held');
  const before = await stateOf(directory);
  const refused = openDataDirectory(directory);
  await expect(refused).rejects.toMatchObject({
    code: 'data-directory-locked',
    message: expect.stringContaining(String(child.pid)),
  });
  expect((await start(directory)).said).toBe('data-directory-locked');
  expect(await stateOf(directory)).toEqual(before);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const next = await openDataDirectory(directory);
  expect((await start(directory)).said).toBe('data-directory-locked');
  await next.close();
});

test('one process can not open it twice', async () => {
  const directory = fresh();
  const first = await openDataDirectory(directory);
  await expect(openDataDirectory(directory)).rejects.toMatchObject({ code: 'data-directory-locked' });
  await first.close();
  await (await openDataDirectory(directory)).close();
});

test('of many that start at once exactly one gets it', async () => {
  const directory = fresh();
  const results = await Promise.allSettled(Array.from({ length: 5 }, () => openDataDirectory(directory)));
  const opened = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  expect(opened).toHaveLength(1);
  await opened[0]?.close();
});

test.each([
  ['a later version', { 'format.json': '{"tenon":99}' }],
  ['an unreadable version', { 'format.json': '{"ten' }],
  ['files of something else', { 'thesis.doc': 'precious' }],
])('a directory with %s is refused and left as it was', async (_, files) => {
  const directory = fresh();
  await mkdir(directory);
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
  const before = await stateOf(directory);
  await expect(openDataDirectory(directory)).rejects.toMatchObject({ code: 'data-directory-version' });
  expect(await stateOf(directory)).toEqual(before);
});

test('a first start that was killed before it was done does no harm', async () => {
  const directory = fresh();
  await mkdir(directory);
  await writeFile(join(directory, 'lock'), '');
  await writeFile(join(directory, 'format.json.tmp'), '{"te');
  await (await openDataDirectory(directory)).close();
  expect(JSON.parse(await readFile(join(directory, 'format.json'), 'utf8'))).toEqual({ tenon: 1 });
});
