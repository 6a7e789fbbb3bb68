import { mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArchiveManifest, archiveName } from '@tenon/archive';
import {
  createFileEventLog,
  createFileLake,
  createLmdbProductStore,
  openDataDirectory,
  systemClock,
} from '@tenon/adapters-embedded';
import { verify } from './verify';

const TOPIC = 'tenon.events.orders';
const SILENT = { begin: () => undefined, add: () => undefined, end: () => undefined };

let data: string;

const check = () => verify({ data, environment: {}, watcher: SILENT });

/** A data directory with a log of 300 records, an archive of two files, and documents. */
beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'tenon-verify-'));
  const directory = await openDataDirectory(data);
  const log = createFileEventLog({ directory: directory.log, clock: systemClock });
  await log.ensureTopic({ name: TOPIC, partitions: 2 });
  const value = Buffer.from(JSON.stringify({ text: 'order'.repeat(20) }));
  for (let part = 0; part < 3; part++)
    await log.append(
      TOPIC,
      Array.from({ length: 100 }, () => ({ partition: 1, key: null, value })),
    );
  await log.close();
  const store = createLmdbProductStore({ directory: directory.store });
  await store.transact(async (tx) => {
    for (let i = 0; i < 600; i++)
      tx.put('base', `sales@1/${String(i).padStart(4, '0')}`, { total: 4000 + i });
  });
  const lake = createFileLake({ directory: directory.lake });
  const manifest = new ArchiveManifest({ store, lake }, 'orders', 1);
  for (const from of [0, 10]) {
    const staged = await lake.stage();
    writeFileSync(staged, `the records from ${from} on`);
    const file = { from, to: from + 10, epoch: 0, end: 'm' as const, columns: null };
    const print = await lake.print(staged);
    await lake.commit(staged, archiveName('orders', { ...file, ...print, partition: 0 }));
    await manifest.append(0, { ...file, ...print });
  }
  await store.close();
  await directory.close();
});

afterEach(() => rmSync(data, { recursive: true, force: true }));

function change(path: string, was: string, is: string): void {
  const bytes = readFileSync(path);
  const at = bytes.indexOf(was);
  expect(at).toBeGreaterThan(0);
  bytes.write(is, at);
  writeFileSync(path, bytes);
}

const archived = () => {
  const folder = join(data, 'lake/archive/orders/p=0');
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name));
};

test('what is as it was written is counted, and nothing is found', async () => {
  expect(await check()).toEqual({
    ok: true,
    log: { topics: 1, records: 300 },
    archive: { files: 2, bytes: 43, withoutDigest: 0, unnamed: 0 },
    store: { documents: 602 },
    problems: [],
  });
});

test('each file of the archive that is another one, cut short or gone is named, and the rest is checked', async () => {
  const [first = '', second = ''] = archived();
  change(first, 'from 0', 'from 1');
  rmSync(second);
  writeFileSync(join(data, 'lake/archive/orders/p=0/000000000010-000000000020.000000000000.m.parquet'), 'x');
  const { ok, problems, archive, store } = await check();
  expect(ok).toBe(false);
  expect(problems.map(({ code }) => code)).toEqual(['archive-damaged', 'archive-damaged']);
  expect(problems.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^archive\/orders\/p=0\/0+-0+10\..* its digest is/),
    expect.stringMatching(/^archive\/orders\/p=0\/0+10-0+20\..* is missing\.$/),
  ]);
  expect([archive?.unnamed, store?.documents]).toEqual([1, 602]);
});

test('a document that is another one is named, and those behind it are read', async () => {
  change(join(data, 'store/data.mdb'), '"total":4300', '"total":9300');
  const { problems, store } = await check();
  expect(problems).toMatchObject([{ code: 'document-damaged' }]);
  expect(problems[0]?.message).toContain('sales@1/0300 in table base');
  expect(store?.documents).toBeGreaterThanOrEqual(300);
});

test('a store that is cut short is named, and the log is checked', async () => {
  truncateSync(join(data, 'store/data.mdb'), 20_000);
  expect(await check()).toMatchObject({
    ...{ ok: false, log: { records: 300 }, archive: null, store: null },
    problems: [{ code: 'store-damaged' }],
  });
});

test('a bit of the log that is another one is named', async () => {
  const folder = join(data, 'log', TOPIC);
  const [segment = ''] = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => path.endsWith('.log') && readFileSync(path).includes('orderorder'));
  change(segment, 'orderorder', 'oRderorder');
  const { ok, problems, store } = await check();
  expect(ok).toBe(false);
  expect(problems).toMatchObject([{ code: 'log-damaged' }]);
  expect(store?.documents).toBe(602);
});

test('nothing is checked where nothing is, or while a Tenon runs there', async () => {
  const missing = verify({ data: join(data, 'none'), environment: {}, watcher: SILENT });
  await expect(missing).rejects.toMatchObject({ problems: [{ code: 'no-data' }] });
  const held = await openDataDirectory(data);
  await expect(check()).rejects.toMatchObject({ code: 'data-directory-locked' });
  await held.close();
});
