/**
 * Fills a small disk through one of the durable adapters, makes room again, and says as JSON what happened. Started by
 * `full-disk.scenario.spec.ts` with the arguments ADAPTER DIRECTORY, where the directory is a file system of a few MiB.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TenonError } from '@tenon/errors';
import type { EventLog } from '@tenon/ports';
import { systemClock } from '../environment';
import { createFileEventLog } from '../log/event-log';
import { createLmdbProductStore } from '../store/lmdb-store';

const [adapter, directory = ''] = process.argv.slice(2);
const filler = join(directory, 'filler');

const codeOf = (error: unknown) => (error instanceof TenonError ? error.code : String(error));

async function fillLog(): Promise<object> {
  const open = () =>
    createFileEventLog({ directory: join(directory, 'log'), clock: systemClock, segmentBytes: 400_000 });
  let log = open();
  await log.ensureTopic({ name: 'events', partitions: 1 });
  const acknowledged: string[] = [];
  const codes = new Set<string>();
  let failures = 0;
  const append = async (id: string, size: number) => {
    const [offset] = await log.append('events', [{ partition: 0, key: null, value: id.padEnd(size, '.') }]);
    acknowledged[offset as number] = id;
  };
  // Some go on trying after the first failure, with records of other sizes.
  await Promise.all(
    [0, 1, 2, 3, 4, 5, 6, 7].map(async (caller) => {
      for (let i = 0, failed = 0; failed < 5 && i < 100_000; i++) {
        await append(`${caller}/${i}`, 20 + ((i * 977 + caller * 131) % 3000)).catch((error: unknown) => {
          failed++;
          failures++;
          codes.add(codeOf(error));
        });
      }
    }),
  );
  const full = await read(log);
  rmSync(filler);
  await append('room again', 50);
  const after = await read(log);
  await log.close();
  log = open();
  const reopened = await read(log);
  await log.close();
  const same = (found: string[], count: number) =>
    JSON.stringify(found) === JSON.stringify(acknowledged.slice(0, count));
  const count = acknowledged.length;
  return {
    failures,
    codes: [...codes],
    full: same(full, count - 1),
    after: same(after, count),
    reopened: same(reopened, count),
  };
}

async function read(log: EventLog): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    const records = await log.read('events', 0, ids.length);
    if (records.length === 0) return ids;
    for (const record of records) ids.push(Buffer.from(record.value).toString().replace(/\.+$/, ''));
  }
}

async function fillStore(): Promise<object> {
  const open = () => createLmdbProductStore({ directory: join(directory, 'store') });
  let store = open();
  const put = (n: number) =>
    store.transact(async (tx) => {
      for (let i = 0; i < 300; i++) tx.put('base', `${String(n).padStart(6, '0')}/${i}`, 'x'.repeat(200));
      tx.put('meta', 'n', n);
    });
  /** The number of the last transaction, and how many it should be by what is there. */
  const count = () =>
    store.snapshot(async (snapshot) => {
      let documents = 0;
      for await (const chunk of snapshot.scan('base', { gte: '0', lt: '~' })) documents += chunk.length;
      return [await snapshot.get<number>('meta', 'n'), documents / 300];
    });
  const codes = new Set<string>();
  let n = 1;
  let failures = 0;
  while (failures < 3 && n < 1000) {
    await put(n).then(
      () => n++,
      (error: unknown) => {
        failures++;
        codes.add(codeOf(error));
      },
    );
  }
  const full = await count();
  rmSync(filler);
  await put(n);
  const after = await count();
  await store.close();
  store = open();
  const reopened = await count();
  await store.close();
  const same = (found: unknown, last: number) => JSON.stringify(found) === JSON.stringify([last, last]);
  return {
    failures,
    codes: [...codes],
    full: same(full, n - 1),
    after: same(after, n),
    reopened: same(reopened, n),
  };
}

async function main(): Promise<void> {
  writeFileSync(filler, Buffer.alloc(3 * 1024 * 1024));
  process.stdout.write(`${JSON.stringify(await (adapter === 'log' ? fillLog() : fillStore()))}\n`);
}

void main();
