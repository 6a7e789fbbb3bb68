/** What the log makes of the files that a crash of the machine, or damage, leaves behind. */
import {
  appendFile,
  cp,
  mkdir,
  mkdtemp,
  open,
  readFile,
  readdir,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { EventLog, LogRecord } from '@tenon/ports';
import { systemClock } from '../environment';
import { createFileEventLog } from './event-log';

const TOPIC = 'events';

let root: string;
let count = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tenon-recovery-'));
});

afterAll(() => rm(root, { recursive: true }));

const openLog = (directory: string, segmentBytes = 1_000_000) =>
  createFileEventLog({ directory, clock: systemClock, segmentBytes });

async function values(log: EventLog): Promise<string[]> {
  const all: string[] = [];
  let records: readonly LogRecord[];
  while ((records = await log.read(TOPIC, 0, all.length)).length > 0) {
    for (const record of records) all.push(Buffer.from(record.value).toString());
  }
  return all;
}

interface Written {
  readonly directory: string;
  /** After each append: how long the segment was, and how many records it held. */
  readonly marks: { readonly bytes: number; readonly records: number }[];
  readonly values: string[];
}

/** A log as a crash leaves it: it was never closed, so there is no index file. */
async function write(appends: number, ack: 'durable' | 'relaxed'): Promise<Written> {
  const directory = join(root, String(count++));
  const log = openLog(directory);
  await log.ensureTopic({ name: TOPIC, partitions: 1 });
  const marks: Written['marks'] = [];
  const written: string[] = [];
  for (let i = 0; i < appends; i++) {
    const batch = Array.from({ length: 1 + (i % 4) }, (_, n) =>
      `${i}/${n}`.padEnd(10 + ((i * 31) % 90), '.'),
    );
    await log.append(
      TOPIC,
      batch.map((value) => ({ partition: 0, key: null, value })),
      { ack },
    );
    written.push(...batch);
    marks.push({ bytes: (await stat(segmentOf(directory))).size, records: written.length });
  }
  const crashed = join(root, String(count++));
  await cp(directory, crashed, { recursive: true });
  await log.close();
  return { directory: crashed, marks, values: written };
}

const segmentOf = (directory: string) => join(directory, TOPIC, '0', `${'0'.repeat(16)}.log`);

async function copyOf(written: Written): Promise<string> {
  const directory = join(root, String(count++));
  await cp(written.directory, directory, { recursive: true });
  return directory;
}

/** Opens, checks what is there, appends, and checks again, also after another start. */
async function expectRecovered(directory: string, expected: readonly string[]): Promise<void> {
  const log = openLog(directory);
  expect(await values(log)).toEqual(expected);
  expect(await log.append(TOPIC, [{ partition: 0, key: null, value: 'after' }])).toEqual([expected.length]);
  await log.close();
  const again = openLog(directory);
  expect(await values(again)).toEqual([...expected, 'after']);
  await again.close();
}

test('wherever the last write was cut off, what was whole before it is there, and no more', async () => {
  const written = await write(12, 'durable');
  const last = written.marks[written.marks.length - 1];
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: last?.bytes ?? 0 }), async (bytes) => {
      const directory = await copyOf(written);
      await truncate(segmentOf(directory), bytes);
      const whole = written.marks.filter((mark) => mark.bytes <= bytes).map((mark) => mark.records);
      await expectRecovered(directory, written.values.slice(0, Math.max(0, ...whole)));
    }),
    { numRuns: 40 },
  );
});

test('what a file system leaves beyond the last write is cut off', async () => {
  const written = await write(5, 'durable');
  const rubbish = fc.oneof(
    fc.integer({ min: 1, max: 5000 }).map((length) => Buffer.alloc(length)),
    fc.uint8Array({ minLength: 1, maxLength: 300 }),
    fc.constant(Buffer.from('TNL\x01TNL\x01')),
  );
  await fc.assert(
    fc.asyncProperty(rubbish, async (bytes) => {
      const directory = await copyOf(written);
      await appendFile(segmentOf(directory), bytes);
      await expectRecovered(directory, written.values);
    }),
    { numRuns: 25 },
  );
});

test('a changed byte that later records show to have been on the disk is damage: told, and nothing is cut off', async () => {
  const written = await write(12, 'durable');
  const before = written.marks[9]?.bytes ?? 0;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: before - 1 }), async (at) => {
      const directory = await copyOf(written);
      await flip(segmentOf(directory), at);
      const damaged = await readFile(segmentOf(directory));
      await expect(values(openLog(directory))).rejects.toMatchObject({ code: 'log-damaged' });
      expect((await readFile(segmentOf(directory))).equals(damaged)).toBe(true);
    }),
    { numRuns: 25 },
  );
});

test('relaxed records after a damaged place may have outrun it to the disk: they are cut off with it', async () => {
  const written = await write(6, 'relaxed');
  const directory = await copyOf(written);
  await flip(segmentOf(directory), (written.marks[2]?.bytes ?? 0) + 50);
  await expectRecovered(directory, written.values.slice(0, written.marks[2]?.records));
});

test('damage in an older segment is told by who reads there, and the rest can be read', async () => {
  const directory = join(root, String(count++));
  const log = openLog(directory, 2_000);
  await log.ensureTopic({ name: TOPIC, partitions: 1 });
  for (let i = 0; i < 30; i++)
    await log.append(TOPIC, [{ partition: 0, key: null, value: String(i).padEnd(300, '.') }]);
  await log.close();
  await flip(segmentOf(directory), 700);
  const again = openLog(directory, 2_000);
  await expect(again.read(TOPIC, 0, 0)).rejects.toMatchObject({ code: 'log-damaged' });
  expect((await again.read(TOPIC, 0, 20)).length).toBeGreaterThan(0);
  expect(await again.endOffsets(TOPIC)).toEqual({ '0': 30 });
  await again.close();
});

test('index files are a help only: without them, or with rubbish in them, everything is found', async () => {
  const directory = join(root, String(count++));
  const log = openLog(directory, 5_000);
  await log.ensureTopic({ name: TOPIC, partitions: 1 });
  const expected = Array.from({ length: 200 }, (_, i) => String(i).padEnd(200, '.'));
  for (const value of expected) await log.append(TOPIC, [{ partition: 0, key: null, value }]);
  await log.close();
  const folder = join(directory, TOPIC, '0');
  const indexes = (await readdir(folder)).filter((name) => name.endsWith('.index'));
  expect(indexes.length).toBeGreaterThan(5);
  for (const [i, name] of indexes.entries()) {
    if (i % 2 === 0) await rm(join(folder, name));
    else await writeFile(join(folder, name), 'rubbish'.repeat(20));
  }
  const again = openLog(directory, 5_000);
  expect(await values(again)).toEqual(expected);
  for (const from of [0, 57, 123, 199]) expect((await again.read(TOPIC, 0, from))[0]?.offset).toBe(from);
  await again.close();
});

test('a file that became shorter than a clean stop left it is damage', async () => {
  const written = await write(5, 'durable');
  const log = openLog(written.directory);
  await values(log);
  await log.close();
  await truncate(segmentOf(written.directory), 60);
  await expect(values(openLog(written.directory))).rejects.toMatchObject({ code: 'log-damaged' });
});

test('a file that becomes shorter while it is open, by whole writes, is damage to who reads on', async () => {
  const { directory, marks } = await write(3, 'durable');
  const log = openLog(directory);
  expect(await values(log)).toHaveLength(marks.at(-1)?.records ?? 0);
  await truncate(segmentOf(directory), marks[0]?.bytes);
  await expect(log.read(TOPIC, 0, marks[0]?.records ?? 0)).rejects.toMatchObject({ code: 'log-damaged' });
});

describe('a partition that has lost all of its files', () => {
  const lost = { code: 'log-damaged' };
  const folderOf = (directory: string) => join(directory, TOPIC, '0');

  test.each([
    ['with its folder', (folder: string) => rm(folder, { recursive: true })],
    ['but has its folder', async (folder: string) => (await rm(folder, { recursive: true }), mkdir(folder))],
  ])('%s is no new one: its offsets would begin anew', async (_, lose) => {
    const { directory } = await write(2, 'durable');
    await lose(folderOf(directory));
    for (let start = 0; start < 2; start++) {
      const log = openLog(directory);
      await expect(log.ensureTopic({ name: TOPIC, partitions: 1 })).rejects.toMatchObject(lost);
      await expect(log.endOffsets(TOPIC)).rejects.toMatchObject(lost);
      await log.close();
    }
  });

  test('is known as such where an earlier release has made its topic, once that has been used', async () => {
    const { directory } = await write(2, 'durable');
    const path = join(directory, TOPIC, 'topic.json');
    const { begun: _begun, ...before } = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
    await writeFile(path, JSON.stringify(before));
    const log = openLog(directory);
    await log.ensureTopic({ name: TOPIC, partitions: 1 });
    await log.close();
    await rm(folderOf(directory), { recursive: true });
    await mkdir(folderOf(directory));
    await expect(openLog(directory).endOffsets(TOPIC)).rejects.toMatchObject(lost);
  });

  test('may be one that an earlier release had only just made', async () => {
    const { directory } = await write(1, 'durable');
    await writeFile(join(directory, TOPIC, 'topic.json'), '{"format":1,"partitions":1}');
    await rm(folderOf(directory), { recursive: true });
    await mkdir(folderOf(directory));
    const log = openLog(directory);
    await log.ensureTopic({ name: TOPIC, partitions: 1 });
    expect(await log.endOffsets(TOPIC)).toEqual({ 0: 0 });
    await log.close();
  });
});

test('a topic of another format is refused', async () => {
  const written = await write(1, 'durable');
  await writeFile(join(written.directory, TOPIC, 'topic.json'), '{"format":99,"partitions":1}');
  await expect(openLog(written.directory).endOffsets(TOPIC)).rejects.toMatchObject({ code: 'log-format' });
});

async function flip(path: string, at: number): Promise<void> {
  const file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, at);
  byte[0] = (byte[0] as number) ^ 0x55;
  await file.write(byte, 0, 1, at);
  await file.close();
}
