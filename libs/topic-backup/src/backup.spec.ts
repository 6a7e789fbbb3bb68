import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020';
import fc from 'fast-check';
import type { NewRawRecord, OffsetRun, RawRecord } from '@tenon/ports';
import type { DumpOptions, RestoreOptions } from './index';
import { EVERYTHING, NO_PROGRESS, dump, readManifest, restore } from './index';
import { MemoryFiles } from './testing/memory-files';
import { RawWorld } from './testing/raw-world';

let directory: string;
/** In memory where the machine has that: a disk would sync all the time. */
const TEMPORARY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const anew = () => (directory = mkdtempSync(join(TEMPORARY, 'tenon-backup-')));
beforeEach(anew);
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const clock = { now: () => 1_000_000 };
const never = new AbortController().signal;
const deps = (topics: RawWorld, files = new MemoryFiles()) => ({
  topics,
  files,
  clock,
  progress: NO_PROGRESS,
  signal: never,
  writtenBy: 'spec',
});
const dumpOf = (options: Partial<DumpOptions> = {}): DumpOptions => ({
  directory,
  names: ['t'],
  selection: EVERYTHING,
  parallel: 2,
  fileBytes: 500,
  ...options,
});
const restoreOf = (options: Partial<RestoreOptions> = {}): RestoreOptions => ({
  directory,
  only: null,
  into: null,
  partitions: null,
  replication: null,
  groups: true,
  out: null,
  parallel: 2,
  ...options,
});

const bytes = fc.option(fc.uint8Array({ maxLength: 60 }), { freq: 3 });
const recordArbitrary = fc.record({
  timestamp: fc.integer({ min: 0, max: 50 }),
  key: bytes,
  value: bytes,
  headers: fc.array(fc.record({ name: fc.constantFrom('a', 'b'), value: bytes }), { maxLength: 3 }),
});
/** Records of three partitions, with holes before some. */
const topicArbitrary = fc.array(
  fc.record({ partition: fc.nat({ max: 2 }), record: recordArbitrary, skip: fc.constantFrom(0, 0, 0, 2) }),
  { maxLength: 60 },
);

function worldOf(records: readonly { partition: number; record: NewRawRecord; skip: number }[]): RawWorld {
  const world = new RawWorld();
  world.add('t', 3).config = { 'retention.ms': '5' };
  for (const { partition, record, skip } of records) world.put('t', partition, record, skip);
  return world;
}

const withoutOffset = ({ offset: _, ...rest }: RawRecord) => rest;

/** Goes on after each failure, until it is through. */
async function untilDone<T>(world: RawWorld, failAt: readonly number[], work: () => Promise<T>): Promise<T> {
  let steps = 0;
  const fails = new Set(failAt);
  world.step = () => {
    if (fails.delete(steps++)) throw new Error('killed');
  };
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if ((error as Error).message !== 'killed') throw error;
    }
  }
}

describe('A topic that is dumped and restored', () => {
  const failures = fc.array(fc.nat({ max: 60 }), { maxLength: 5 });

  test('is the same, whenever either is killed and called again, and the certificate says so', async () => {
    await fc.assert(
      fc.asyncProperty(topicArbitrary, failures, async (records, failAt) => {
        rmSync(directory, { recursive: true, force: true });
        anew();
        const [from, to] = [worldOf(records), new RawWorld()];
        const manifest = await untilDone(from, failAt, () => dump(deps(from), dumpOf()));
        expect(manifest.ended).not.toBeNull();
        const [{ certificate }] = (await untilDone(to, failAt, () =>
          restore(deps(to), restoreOf({ into: 'u' })),
        )) as [Awaited<ReturnType<typeof restore>>[number]];
        expect(certificate).toMatchObject({ equal: true, into: 'u', topic: 't' });
        expect(to.get('u').partitions.map((one) => one.map(withoutOffset))).toEqual(
          from.get('t').partitions.map((one) => one.map(withoutOffset)),
        );
        expect(to.get('u').config).toEqual({ 'retention.ms': '5' });
        expect(certificate.offsetsKept).toBe(records.every(({ skip }) => skip === 0));
        checkRuns(from, to);
      }),
      { numRuns: 40 },
    );
  });

  /** The map of offsets leads from each record to itself. */
  function checkRuns(from: RawWorld, to: RawWorld, into = 'u'): void {
    const runs = JSON.parse(
      readFileSync(join(directory, 'restored', into, 'offsets.parquet'), 'utf8'),
    ) as OffsetRun[];
    for (const [partition, records] of from.get('t').partitions.entries())
      for (const record of records) {
        const run = runs.find(
          (one) => one.partition === partition && one.from <= record.offset && record.offset < one.to,
        ) as OffsetRun;
        const now = to.get(into).partitions[run.newPartition]?.[run.newFrom + record.offset - run.from];
        expect(now && withoutOffset(now)).toEqual(withoutOffset(record));
      }
  }

  test('may be partitioned anew by key: a key stays in one place and in its order', async () => {
    await fc.assert(
      fc.asyncProperty(topicArbitrary, failures, async (drawn, failAt) => {
        rmSync(directory, { recursive: true, force: true });
        anew();
        // As a producer does: each key in one partition.
        const records = drawn.map((one) => ({ ...one, partition: (one.record.key?.length ?? 0) % 3 }));
        const [from, to] = [worldOf(records), new RawWorld()];
        await dump(deps(from), dumpOf());
        const [{ certificate }] = (await untilDone(to, failAt, () =>
          restore(deps(to), restoreOf({ into: 'u', partitions: 5 })),
        )) as [Awaited<ReturnType<typeof restore>>[number]];
        expect(certificate.equal).toBe(true);
        const byKey = (world: RawWorld, topic: string) => {
          const found = new Map<string, unknown[]>();
          for (const one of world.get(topic).partitions.flat())
            if (one.key !== null) {
              const key = Buffer.from(one.key).toString('hex');
              found.set(key, [...(found.get(key) ?? []), withoutOffset(one)]);
            }
          return found;
        };
        expect(byKey(to, 'u')).toEqual(byKey(from, 't'));
        const count = (world: RawWorld, topic: string) => world.get(topic).partitions.flat().length;
        expect(count(to, 'u')).toBe(count(from, 't'));
        checkRuns(from, to);
      }),
      { numRuns: 40 },
    );
  });

  test('brings its consumer groups to the records that they had not read', async () => {
    await fc.assert(
      fc.asyncProperty(topicArbitrary, fc.array(fc.nat({ max: 80 })), async (records, committed) => {
        rmSync(directory, { recursive: true, force: true });
        anew();
        const [from, to] = [worldOf(records), new RawWorld()];
        const offsets = Object.fromEntries(committed.slice(0, 3).map((offset, id) => [String(id), offset]));
        from.get('t').groups.set('g', offsets);
        await dump(deps(from), dumpOf());
        const [{ certificate }] = (await restore(deps(to), restoreOf())) as [
          Awaited<ReturnType<typeof restore>>[number],
        ];
        expect(certificate.groups.every(({ equal }) => equal)).toBe(true);
        const now = to.get('t').groups.get('g') ?? {};
        expect(Object.keys(now)).toEqual(Object.keys(offsets));
        for (const [id, offset] of Object.entries(offsets)) {
          const left = (world: RawWorld, at: number) =>
            (world.get('t').partitions[Number(id)] ?? [])
              .filter((one) => one.offset >= at)
              .map(withoutOffset);
          expect(left(to, now[id] as number)).toEqual(left(from, offset));
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('A dump', () => {
  const some = (count: number) =>
    Array.from({ length: count }, (_, at) => ({
      partition: at % 3,
      skip: 0,
      record: { timestamp: at, key: null, value: Buffer.from(`v${at}`), headers: [] },
    }));

  test('has a manifest that fits its schema, and names holes with their reasons', async () => {
    const world = worldOf([...some(9), { ...(some(1)[0] as ReturnType<typeof some>[number]), skip: 4 }]);
    await dump(deps(world), dumpOf());
    const read = (name: string) => JSON.parse(readFileSync(join(directory, name), 'utf8')) as object;
    const validate = new Ajv2020().compile(read('manifest.schema.json'));
    expect([validate(read('manifest.json')), validate.errors]).toEqual([true, null]);
    const [part] = (await readManifest(directory))?.topics[0]?.parts ?? [];
    expect(part).toMatchObject({
      holes: [{ from: 3, to: 7, reason: 'compaction' }],
      missing: { compaction: 4 },
      records: 4,
    });
  });

  test('takes a range of times or offsets, exactly', async () => {
    const world = worldOf(some(30));
    const selection = { ...EVERYTHING, fromTime: 5, toTime: 20, fromOffset: { '1': 4 } };
    await dump(deps(world), dumpOf({ selection }));
    const to = new RawWorld();
    await restore(deps(to), restoreOf());
    const times = to.get('t').partitions.map((records) => records.map(({ timestamp }) => timestamp));
    expect(times).toEqual([
      [6, 9, 12, 15, 18],
      [13, 16, 19],
      [5, 8, 11, 14, 17],
    ]);
  });

  test('is not gone on with by another command, nor begun over', async () => {
    const world = worldOf(some(30));
    let reads = 0;
    world.step = () => {
      if (++reads > 4) throw new Error('killed');
    };
    await expect(dump(deps(world), dumpOf())).rejects.toThrow('killed');
    world.step = () => undefined;
    const other = dumpOf({ selection: { ...EVERYTHING, toTime: 3 } });
    await expect(dump(deps(world), other)).rejects.toMatchObject({ code: 'dump-differs' });
    await expect(restore(deps(new RawWorld()), restoreOf())).rejects.toMatchObject({
      code: 'dump-incomplete',
    });
    await dump(deps(world), dumpOf());
    await expect(dump(deps(world), dumpOf())).rejects.toMatchObject({ code: 'dump-exists' });
  });

  test('whose file has changed restores nothing', async () => {
    await dump(deps(worldOf(some(30))), dumpOf());
    const folder = join(directory, 't/1');
    const [name] = readdirSync(folder) as [string];
    const text = readFileSync(join(folder, name), 'utf8');
    writeFileSync(join(folder, name), text.replace('"timestamp":1', '"timestamp":2'));
    const to = new RawWorld();
    await expect(restore(deps(to), restoreOf())).rejects.toMatchObject({ code: 'dump-damaged' });
    expect(to.topics.size).toBe(0);
  });

  test('goes into no topic that has records of others, and says so where others write meanwhile', async () => {
    await dump(deps(worldOf(some(30))), dumpOf());
    await expect(restore(deps(worldOf(some(3))), restoreOf())).rejects.toMatchObject({
      code: 'topic-not-empty',
    });
    const to = new RawWorld();
    let appends = 0;
    to.step = (what) => {
      const first = some(1)[0] as ReturnType<typeof some>[number];
      if (what === 'append' && ++appends === 1) to.put('t', 0, first.record);
    };
    const outcome = await restore(deps(to), restoreOf()).catch((error: unknown) => error);
    expect(outcome).toMatchObject({ code: 'restore-disturbed' });
  });

  test('that was restored with a record too many or another one is not equal', async () => {
    await dump(deps(worldOf(some(30))), dumpOf());
    const to = new RawWorld();
    let isRead = false;
    to.step = (what) => {
      if (what !== 'read' || isRead) return;
      isRead = true;
      const [, second] = to.get('t').partitions;
      (second as RawRecord[])[2] = { ...(second as RawRecord[])[2], value: null } as RawRecord;
    };
    const [{ certificate }] = (await restore(deps(to), restoreOf())) as [
      Awaited<ReturnType<typeof restore>>[number],
    ];
    expect(certificate.equal).toBe(false);
    expect(certificate.partitions.map(({ equal }) => equal)).toEqual([true, false, true]);
  });
});
