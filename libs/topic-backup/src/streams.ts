/** The dump's records on their way into a topic: partition by partition as they were, or all of them in one order. */
import { join } from 'node:path';
import type { RawRecord } from '@tenon/ports';
import type { GroupTranslation } from './group-translation';
import { LaneWriter } from './lane-writer';
import type { DumpedPart, DumpedTopic } from './manifest';
import type { OffsetRuns } from './offset-runs';
import type { Segment } from './record-digest';
import { RecordDigest } from './record-digest';
import type { RestoreDeps } from './restore';
import type { TopicOptions } from './restore-topic';
import { repartitioned } from './routes';
import { sideBySide } from './side-by-side';

export interface StreamWork {
  readonly deps: RestoreDeps;
  readonly options: TopicOptions;
  readonly topic: DumpedTopic;
  /** Records that each new partition has already. */
  readonly written: readonly number[];
  readonly runs: OffsetRuns;
  readonly groups: GroupTranslation;
}

export interface Streamed {
  /** By new partition: what is to be read back. */
  readonly segments: readonly (readonly Segment[])[];
  readonly leftOut: number;
}

/** Each partition by itself, several at a time. */
export async function restoreSame(work: StreamWork): Promise<Streamed> {
  const { deps, options, topic, written, runs, groups } = work;
  await sideBySide(topic.parts, options.parallel, deps.signal, async (part, signal) => {
    const { partition } = part;
    const lane = new LaneWriter(deps.topics, options.into, partition, written[partition] ?? 0);
    for await (const records of recordsOf(work, part)) {
      if (signal.aborted) return;
      for (const record of records) {
        const offset = await lane.add(record);
        runs.record(partition, record.offset, partition, offset);
        groups.record(record, partition, partition, offset);
      }
      await runs.flush();
      deps.progress.add(records.length);
    }
    await lane.end();
  });
  const segments = Array.from({ length: topic.partitions }, (_, id) => {
    const files = topic.parts.find(({ partition }) => partition === id)?.files ?? [];
    return files.map(({ records, digest }) => ({ records, digest }));
  });
  return { segments, leftOut: 0 };
}

/** Records of a segment where they were partitioned anew. */
const SEGMENT = 100_000;

/**
 * By key into other partitions: in the order of timestamps, so that it is the same each time, and a run that was ended goes on
 * behind what it has written. Within a partition of before the order stays.
 */
export async function restoreMerged(work: StreamWork, partitions: number): Promise<Streamed> {
  const { deps, options, topic, written, runs, groups } = work;
  const route = repartitioned(topic.name, partitions);
  const lanes = Array.from(
    { length: partitions },
    (_, id) => new LaneWriter(deps.topics, options.into, id, written[id] ?? 0),
  );
  const digests = lanes.map(() => new Digests());
  let leftOut = 0;
  let count = 0;
  for await (const { record, partition } of merged(work)) {
    if (++count % SEGMENT === 0) deps.progress.add(SEGMENT);
    if (deps.signal.aborted) break;
    const home = route(record, partition);
    if (home === null) {
      leftOut++;
      continue;
    }
    const offset = await (lanes[home] as LaneWriter).add(record);
    (digests[home] as Digests).add(record);
    runs.record(partition, record.offset, home, offset);
    groups.record(record, partition, home, offset);
    await runs.flush();
  }
  await Promise.all(lanes.map((lane) => lane.end()));
  return { segments: digests.map((one) => one.end()), leftOut };
}

class Digests {
  private readonly segments: Segment[] = [];
  private open = new RecordDigest();

  add(record: RawRecord): void {
    this.open.add(record);
    if (this.open.records === SEGMENT) this.close();
  }

  end(): readonly Segment[] {
    if (this.open.records > 0) this.close();
    return this.segments;
  }

  private close(): void {
    this.segments.push({ records: this.open.records, digest: this.open.end() });
    this.open = new RecordDigest();
  }
}

async function* recordsOf({ deps, options }: StreamWork, part: DumpedPart) {
  for (const { name } of part.files) yield* deps.files.read(join(options.directory, name));
}

interface Placed {
  readonly record: RawRecord;
  readonly partition: number;
}

/** Of all partitions' next records, the one with the lowest timestamp; of equals, that of the lowest partition. */
async function* merged(work: StreamWork): AsyncIterable<Placed> {
  const heads = await Promise.all(
    work.topic.parts.map(async (part) => {
      const head = new Head(part.partition, recordsOf(work, part)[Symbol.asyncIterator]());
      await head.next();
      return head;
    }),
  );
  for (;;) {
    let first: Head | null = null;
    let lowest = Infinity;
    for (const head of heads) {
      const time = head.record?.timestamp ?? Infinity;
      if (time >= lowest) continue;
      first = head;
      lowest = time;
    }
    if (first === null) return;
    yield { record: first.record as RawRecord, partition: first.partition };
    await first.next();
  }
}

class Head {
  record: RawRecord | null = null;
  private chunk: readonly RawRecord[] = [];
  private at = 0;

  constructor(
    readonly partition: number,
    private readonly chunks: AsyncIterator<readonly RawRecord[]>,
  ) {}

  async next(): Promise<void> {
    while (this.at >= this.chunk.length) {
      const { value, done } = await this.chunks.next();
      if (done === true) {
        this.record = null;
        return;
      }
      this.chunk = value as readonly RawRecord[];
      this.at = 0;
    }
    this.record = this.chunk[this.at++] as RawRecord;
  }
}
