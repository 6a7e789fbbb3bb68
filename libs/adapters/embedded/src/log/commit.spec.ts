/** How the log writes: what goes out together, what is seen when, and what a failing disk does. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventLog, NewRecord } from '@tenon/ports';
import { systemClock } from '../environment';
import * as files from '../files/files';
import { createFileEventLog } from './event-log';

jest.mock('../files/files', () => {
  const actual = jest.requireActual<typeof files>('../files/files');
  const mocked = (name: keyof typeof files) => jest.fn(actual[name] as (...args: unknown[]) => unknown);
  return {
    ...actual,
    writeAll: mocked('writeAll'),
    syncData: mocked('syncData'),
    truncateFile: mocked('truncateFile'),
    openFile: mocked('openFile'),
  };
});

const actual = jest.requireActual<typeof files>('../files/files');
const disk = jest.mocked(files);
const failure = (code: string) => Object.assign(new Error(code), { code });
const unavailable = { code: 'unavailable', details: { retryable: true } };

let root: string;
let directory: string;
let log: EventLog;
let count = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tenon-commit-'));
});

afterAll(() => rm(root, { recursive: true }));

beforeEach(async () => {
  directory = join(root, String(count++));
  log = createFileEventLog({ directory, clock: systemClock, segmentBytes: 10_000 });
  await log.ensureTopic({ name: 't', partitions: 1 });
  jest.clearAllMocks();
});

afterEach(() => log.close());

const record = (value: string): NewRecord => ({ partition: 0, key: null, value });
const append = (...values: string[]) => log.append('t', values.map(record));

async function values(): Promise<string[]> {
  const all: string[] = [];
  for (;;) {
    const records = await log.read('t', 0, all.length);
    if (records.length === 0) return all;
    for (const one of records) all.push(Buffer.from(one.value).toString());
  }
}

async function reopened(): Promise<string[]> {
  await log.close();
  log = createFileEventLog({ directory, clock: systemClock });
  return values();
}

test('what is appended at the same time goes out in one write and one sync', async () => {
  const offsets = await Promise.all(Array.from({ length: 64 }, (_, i) => append(`${i}`)));
  expect(offsets).toEqual(Array.from({ length: 64 }, (_, i) => [i]));
  expect([disk.writeAll.mock.calls.length, disk.syncData.mock.calls.length]).toEqual([1, 1]);
});

test('what comes while a group is being written goes out in the next one', async () => {
  let finish = () => {};
  disk.syncData.mockImplementationOnce(() => new Promise((resolve) => (finish = resolve)));
  const first = append('first');
  await until(() => disk.syncData.mock.calls.length === 1);
  const rest = Array.from({ length: 10 }, (_, i) => append(`${i}`));
  finish();
  await Promise.all([first, ...rest]);
  expect([disk.writeAll.mock.calls.length, disk.syncData.mock.calls.length]).toEqual([2, 2]);
});

test('relaxed appends are not synced', async () => {
  await log.append('t', [record('a')], { ack: 'relaxed' });
  expect(await values()).toEqual(['a']);
  expect(disk.syncData).not.toHaveBeenCalled();
});

test('a segment is synced before the next one begins, so that only the last can have a torn end', async () => {
  const relaxed = (value: string) => log.append('t', [record(value)], { ack: 'relaxed' });
  await relaxed('x'.repeat(9_900));
  expect(disk.syncData).not.toHaveBeenCalled();
  const opened: number[] = [];
  disk.openFile.mockImplementationOnce((path, flags) => {
    opened.push(disk.syncData.mock.calls.length);
    return actual.openFile(path, flags);
  });
  await relaxed('y'.repeat(500));
  expect(opened).toEqual([1]);
});

test('nobody sees a record before it is on the disk', async () => {
  let finish = () => {};
  disk.syncData.mockImplementationOnce(() => new Promise((resolve) => (finish = resolve)));
  let acknowledged = false;
  const appended = append('a').then(() => (acknowledged = true));
  await until(() => disk.syncData.mock.calls.length === 1);
  expect([await log.endOffsets('t'), await values(), acknowledged]).toEqual([{ '0': 0 }, [], false]);
  finish();
  await appended;
  expect([await log.endOffsets('t'), await values()]).toEqual([{ '0': 1 }, ['a']]);
});

test('a write that fails half-way is refused, leaves nothing, and the next append gets its offset', async () => {
  await append('before');
  disk.writeAll.mockImplementationOnce(async (fd, bytes, position) => {
    await actual.writeAll(fd, bytes.subarray(0, bytes.length - 3), position);
    throw failure('ENOSPC');
  });
  await expect(append('lost', 'too')).rejects.toMatchObject(unavailable);
  expect(await values()).toEqual(['before']);
  expect(await append('after')).toEqual([1]);
  expect(await reopened()).toEqual(['before', 'after']);
});

test('where the sync fails nothing is acknowledged or seen', async () => {
  disk.syncData.mockRejectedValueOnce(failure('EIO'));
  await expect(append('lost')).rejects.toMatchObject(unavailable);
  expect(await values()).toEqual([]);
  expect(await append('after')).toEqual([0]);
  expect(await reopened()).toEqual(['after']);
});

test('nothing more is written before what a failed write left is gone', async () => {
  await append('before');
  disk.writeAll.mockImplementationOnce(async (fd, bytes, position) => {
    await actual.writeAll(fd, bytes, position);
    throw failure('EIO');
  });
  disk.truncateFile.mockRejectedValueOnce(failure('EIO')).mockRejectedValueOnce(failure('EIO'));
  await expect(append('lost')).rejects.toMatchObject(unavailable);
  await expect(append('lost too')).rejects.toMatchObject(unavailable);
  expect(await append('after')).toEqual([1]);
  expect(await reopened()).toEqual(['before', 'after']);
});

test('where no new segment can be made the append is refused, and a later one works', async () => {
  await append('x'.repeat(9_900));
  disk.openFile.mockRejectedValueOnce(failure('ENOSPC'));
  await expect(append('y'.repeat(500))).rejects.toMatchObject(unavailable);
  expect(await append('z'.repeat(500))).toEqual([1]);
  expect((await reopened()).map((value) => value[0])).toEqual(['x', 'z']);
});

test('a record that can not be encoded harms no other of its time', async () => {
  const bad = { partition: 0, key: null, value: 'x', headers: { ['n'.repeat(70_000)]: '' } };
  const [good, refused, better] = await Promise.allSettled([
    append('a'),
    log.append('t', [record('b'), bad]),
    append('c'),
  ]);
  expect([good, refused.status, better]).toEqual([
    { status: 'fulfilled', value: [0] },
    'rejected',
    { status: 'fulfilled', value: [1] },
  ]);
  expect(await values()).toEqual(['a', 'c']);
});

test('appends are refused while too much waits', async () => {
  await log.close();
  log = createFileEventLog({ directory, clock: systemClock, maxPendingBytes: 5_000 });
  const appends = Array.from({ length: 20 }, () => append('x'.repeat(1_000)));
  const results = await Promise.allSettled([append('first'), ...appends]);
  const refused = results.filter((result) => result.status === 'rejected');
  expect(refused.length).toBeGreaterThan(0);
  for (const { reason } of refused) expect(reason).toMatchObject(unavailable);
  expect((await values()).length).toBe(results.length - refused.length);
  expect(await append('again')).toHaveLength(1);
});

test('closing waits for what was appended', async () => {
  const appends = Array.from({ length: 5 }, (_, i) => append(`${i}`));
  const found = await reopened();
  await Promise.all(appends);
  expect(found).toEqual(['0', '1', '2', '3', '4']);
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
