/**
 * kill -9 at random moments, many times over one directory: nothing that was acknowledged is missing, nothing that was
 * half written is seen.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogRecord } from '@tenon/ports';
import { systemClock } from '../environment';
import { createFileLake } from '../lake/file-lake';
import { createFileEventLog } from '../log/event-log';
import { createLmdbProductStore } from '../store/lmdb-store';
import { bundle } from './bundle';
import type { Bundle } from './bundle';

const ROUNDS = 8;

let directory: string;
let script: Bundle;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tenon-crash-'));
  script = await bundle('crash-child.ts');
});

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
  await script.remove();
});

/** Starts the child, kills it some time after its first line, and gives the whole lines that it wrote. */
function runAndKill(adapter: string, folder: string, round: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script.path, adapter, folder, String(round)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    let killed = false;
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    child.stdout.on('data', (chunk: Buffer) => {
      // Some rounds die in their first writes, some later.
      if (out === '') setTimeout(() => (killed = child.kill('SIGKILL')), Math.random() ** 2 * 150);
      out += chunk.toString();
    });
    child.on('close', () => {
      if (!killed) reject(new Error(`The child ended by itself: ${err}`));
      else resolve(out.slice(0, out.lastIndexOf('\n')).split('\n'));
    });
  });
}

test('the log keeps every acknowledged record, at its offset', async () => {
  const folder = join(directory, 'log');
  const acknowledged = new Map<string, string>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const line of await runAndKill('log', folder, round)) {
      const [partition, offset, id] = line.split(' ') as [string, string, string];
      expect(acknowledged.has(`${partition} ${offset}`)).toBe(false);
      acknowledged.set(`${partition} ${offset}`, id);
    }
    const found = await readLog(folder);
    for (const [place, id] of acknowledged)
      if (found.get(place) !== id) throw new Error(`${place} holds ${found.get(place)}, not ${id}`);
  }
  expect(acknowledged.size).toBeGreaterThan(ROUNDS);
});

/** Place → id of every record; checks that offsets are dense and each caller's records in order, none twice. */
async function readLog(folder: string): Promise<Map<string, string>> {
  const log = createFileEventLog({ directory: folder, clock: systemClock, segmentBytes: 50_000 });
  const found = new Map<string, string>();
  for (const partition of [0, 1]) {
    const latest = new Map<string, number>();
    let next = 0;
    let records: readonly LogRecord[];
    while ((records = await log.read('events', partition, next)).length > 0) {
      for (const record of records) {
        if (record.offset !== next++)
          throw new Error(`Offset ${record.offset} stands where ${next - 1} should`);
        const id = Buffer.from(record.value).toString().replace(/\.+$/, '');
        const [round, caller, i, n] = id.split('/').map(Number) as [number, number, number, number];
        const order = i * 100 + n;
        const from = `${round}/${caller}`;
        if (Buffer.from(record.key ?? []).toString() !== from || record.header('n') !== String(n))
          throw new Error(`${id} is mixed up`);
        if ((latest.get(from) ?? -1) >= order) throw new Error(`${id} is out of order`);
        latest.set(from, order);
        found.set(`${partition} ${record.offset}`, id);
      }
    }
  }
  await log.close();
  return found;
}

test('the store keeps every acknowledged transaction, whole', async () => {
  const folder = join(directory, 'store');
  for (let round = 0; round < ROUNDS; round++) {
    const acknowledged = Number((await runAndKill('store', folder, round)).at(-1));
    const store = createLmdbProductStore({ directory: folder });
    await store.snapshot(async (snapshot) => {
      const n = (await snapshot.get<number>('meta', 'n')) ?? 0;
      // At most the one transaction that was under way lies beyond.
      expect(n - acknowledged === 0 || n - acknowledged === 1).toBe(true);
      const keys = Array.from({ length: 500 }, (_, i) => i);
      for (const [table, rest] of [
        ['base', 0],
        ['speed', 1],
      ] as const) {
        const documents = await snapshot.getMany<[number, string]>(
          table,
          keys.filter((i) => i % 2 === rest).map((i) => `key/${i}`),
        );
        for (const document of documents) expect(document).toEqual([n, 'x'.repeat(n % 100)]);
      }
      const trail: string[] = [];
      for await (const chunk of snapshot.scan('base', { gte: 'trail/', lt: 'trail/~' }))
        trail.push(...chunk.map((entry) => entry.key));
      expect(trail).toEqual([`trail/${n}`]);
    });
    await store.close();
  }
});

test('the lake keeps every committed file, whole, and sweeps what was not', async () => {
  const folder = join(directory, 'lake');
  const committed = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of await runAndKill('lake', folder, round)) committed.add(name);
    const lake = createFileLake({ directory: folder, leftAfterMs: 0 });
    const files = await lake.list('');
    const names = new Set(files.map((file) => file.name));
    for (const name of committed) if (!names.has(name)) throw new Error(`${name} is missing`);
    for (const { name } of files) {
      const content = await readFile(await lake.path(name), 'utf8');
      const whole = createHash('sha256').update(content.slice(64)).digest('hex') === content.slice(0, 64);
      if (!whole) throw new Error(`${name} is not whole`);
    }
    expect(await stagedFiles(folder)).toEqual([]);
  }
});

async function stagedFiles(folder: string): Promise<string[]> {
  const entries = await readdir(join(folder, '.staging'), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}
