import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TenonError } from '@tenon/errors';
import type {
  AppendOptions,
  Clock,
  ConsumeOptions,
  EventLog,
  LogConsumer,
  LogRecord,
  NewRecord,
  ReadOptions,
  TopicRemover,
  TopicSpec,
} from '@tenon/ports';
import { syncFolder } from '../files/files';
import { ConsumerGroup } from './consumer-group';
import type { Placed } from './commit-group';
import { Topic } from './topic';

export interface FileEventLogOptions {
  /** Made if it is missing. One process at a time may use it (see `openDataDirectory`). */
  readonly directory: string;
  readonly clock: Clock;
  /** A partition's file is closed and a new one begun at about this size. Default 64 MiB. */
  readonly segmentBytes?: number;
  /** Appends reject with `Unavailable` while this much waits to be written, per partition. Default 256 MiB. */
  readonly maxPendingBytes?: number;
}

const DEFAULT_READ_BYTES = 1024 * 1024;

/**
 * A log in files of one directory: a folder per topic, in it a folder per partition, in it segments (see `format.ts`).
 * Topics are opened when they are first used.
 */
export function createFileEventLog(options: FileEventLogOptions): EventLog & TopicRemover {
  return new FileEventLog(options);
}

class FileEventLog implements EventLog, TopicRemover {
  private readonly opened = new Map<string, Topic>();
  private readonly opening = new Map<string, Promise<Topic | null>>();
  private readonly groups = new Map<string, ConsumerGroup>();
  private ensuring: Promise<unknown> = Promise.resolve();
  private closing: Promise<void> | null = null;
  private readonly settings;

  constructor(private readonly options: FileEventLogOptions) {
    const { clock, segmentBytes = 64 * 1024 * 1024, maxPendingBytes = 256 * 1024 * 1024 } = options;
    this.settings = { clock, segmentBytes, maxPendingBytes };
  }

  async ensureTopic(spec: TopicSpec): Promise<void> {
    if (!Number.isSafeInteger(spec.partitions) || spec.partitions < 1) {
      throw new TenonError('invalid-topic', `Topic ${spec.name} needs at least one partition.`);
    }
    const folder = this.folderOf(spec.name);
    // One after the other: two callers may want the same topic.
    const ensured = this.ensuring.then(async () => {
      await mkdir(this.options.directory, { recursive: true });
      await Topic.ensure(folder, spec);
      (await this.topic(spec.name)).retainFor(spec.retentionMs);
    });
    this.ensuring = ensured.catch(() => undefined);
    await ensured;
  }

  async hasTopic(name: string): Promise<boolean> {
    await this.ensuring;
    return this.opened.has(name) || (await Topic.exists(this.folderOf(name)));
  }

  async topicId(name: string): Promise<string | null> {
    await this.ensuring;
    return Topic.id(this.folderOf(name));
  }

  async append(topicName: string, records: readonly NewRecord[], options?: AppendOptions): Promise<number[]> {
    const topic = this.opened.get(topicName) ?? (await this.topic(topicName));
    const durable = options?.ack !== 'relaxed';
    const first = records[0];
    if (first === undefined) return [];
    if (records.every((record) => record.partition === first.partition)) {
      const { group, index } = topic.partition(first.partition).add(records, durable);
      const base = (await group.base) + index;
      return records.length === 1 ? [base] : records.map((_, i) => base + i);
    }
    return appendToMany(topic, records, durable);
  }

  async startOffsets(topic: string): Promise<Record<string, number>> {
    const { partitions } = await this.topic(topic);
    return Object.fromEntries(partitions.map((partition, index) => [String(index), partition.startOffset]));
  }

  async endOffsets(topic: string): Promise<Record<string, number>> {
    return (await this.topic(topic)).endOffsets();
  }

  endOffsetsNow(topic: string): Readonly<Record<string, number>> | undefined {
    return this.closing === null ? this.opened.get(topic)?.endOffsets() : undefined;
  }

  async read(
    topic: string,
    partition: number,
    from: number,
    options?: ReadOptions,
  ): Promise<readonly LogRecord[]> {
    const found = (await this.topic(topic)).partition(partition);
    const { maxRecords = Number.MAX_SAFE_INTEGER, maxBytes = DEFAULT_READ_BYTES } = options ?? {};
    return (await found.read(from, maxRecords, maxBytes)).records;
  }

  async consume(options: ConsumeOptions): Promise<LogConsumer> {
    const topic = await this.topic(options.topic);
    const key = `${options.topic} ${options.group}`;
    let group = this.groups.get(key);
    if (group === undefined) {
      group = new ConsumerGroup(topic, this.options.clock, () => this.groups.delete(key));
      this.groups.set(key, group);
    }
    return group.join((partition) => options.startAt(partition));
  }

  async deleteBefore(topic: string, offsets: Readonly<Record<string, number>>): Promise<void> {
    const found = await this.topic(topic);
    for (const [partition, offset] of Object.entries(offsets))
      await found.partition(Number(partition)).deleteBefore(offset);
  }

  async deleteTopic(name: string): Promise<void> {
    if (!(await this.hasTopic(name))) return;
    await (await this.topic(name)).close();
    this.opened.delete(name);
    // First under a name that no topic has, so that a crash in the middle leaves none that is half there.
    const gone = join(this.options.directory, `.deleted-${name}`);
    await rm(gone, { recursive: true, force: true });
    await rename(this.folderOf(name), gone);
    await syncFolder(this.options.directory);
    await rm(gone, { recursive: true, force: true });
  }

  close(): Promise<void> {
    this.closing ??= Promise.all([...this.opened.values()].map((topic) => topic.close())).then(
      () => undefined,
    );
    return this.closing;
  }

  private async topic(name: string): Promise<Topic> {
    if (this.closing !== null) throw new TenonError('log-closed', 'The log is closed.');
    const known = this.opened.get(name);
    if (known !== undefined) return known;
    let opening = this.opening.get(name);
    if (opening === undefined) {
      opening = Topic.open(this.folderOf(name), name, this.settings).finally(() => this.opening.delete(name));
      this.opening.set(name, opening);
    }
    const topic = await opening;
    if (topic === null) throw new TenonError('unknown-topic', `There is no topic ${name}.`);
    this.opened.set(name, topic);
    return topic;
  }

  private folderOf(topic: string): string {
    if (!/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/.test(topic)) {
      throw new TenonError('invalid-topic', `${JSON.stringify(topic)} is no name of a topic.`);
    }
    return join(this.options.directory, topic);
  }
}

/** Each partition's records in one piece, in the order given. */
async function appendToMany(
  topic: Topic,
  records: readonly NewRecord[],
  durable: boolean,
): Promise<number[]> {
  const byPartition = new Map<number, { records: NewRecord[]; at: number[] }>();
  records.forEach((record, at) => {
    const part = byPartition.get(record.partition);
    if (part === undefined) byPartition.set(record.partition, { records: [record], at: [at] });
    else {
      part.records.push(record);
      part.at.push(at);
    }
  });
  const parts = [...byPartition].map(([partition, part]) => ({
    partition: topic.partition(partition),
    ...part,
  }));
  const placed: { at: number[]; place: Placed }[] = parts.map((part) => ({
    at: part.at,
    place: part.partition.add(part.records, durable),
  }));
  const bases = await Promise.allSettled(placed.map(({ place }) => place.group.base));
  const offsets = new Array<number>(records.length);
  bases.forEach((base, index) => {
    if (base.status === 'rejected') throw base.reason;
    const { at, place } = placed[index] as (typeof placed)[number];
    at.forEach((record, i) => (offsets[record] = base.value + place.index + i));
  });
  return offsets;
}
