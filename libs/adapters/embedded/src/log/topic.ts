import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TenonError, TopicMismatch } from '@tenon/errors';
import type { TopicSpec } from '@tenon/ports';
import { closeFile, openFile, syncData, syncFolder } from '../files/files';
import { FORMAT_VERSION } from './format';
import { Partition } from './partition';
import type { PartitionOptions } from './partition';
import { beginSegments, segmentsIn } from './segment-list';

interface TopicFile {
  readonly format: number;
  readonly partitions: number;
  readonly retentionMs?: number;
  /** Absent where the release that made it gave none. */
  readonly id?: string;
  /** Each partition has had its first file. Absent where the release that made it did not see to it. */
  readonly begun?: true;
}

/** Of topics that nobody has ensured since topics have ids. */
const NO_ID = 'none';

const partitionFolder = (folder: string, partition: number) => join(folder, String(partition));

/** An open topic. */
export class Topic {
  private waiting = new Set<() => void>();
  private ends: Record<string, number> = {};
  closed = false;

  private constructor(
    readonly name: string,
    readonly partitions: readonly Partition[],
    private readonly retention: { ms: number | undefined },
  ) {}

  /** @returns null if there is no such topic */
  static async open(
    folder: string,
    name: string,
    options: Omit<PartitionOptions, 'onAppend' | 'retention'>,
  ): Promise<Topic | null> {
    const file = await readTopicFile(folder);
    if (file === null) return null;
    const retention = { ms: file.retentionMs };
    let topic: Topic | null = null;
    const onAppend = () => topic?.wake();
    const begun = file.begun === true;
    const opening = Array.from({ length: file.partitions }, (_, partition) =>
      Partition.open(partitionFolder(folder, partition), begun, { ...options, retention, onAppend }),
    );
    const opened = await Promise.allSettled(opening);
    const partitions = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    for (const one of opened) {
      if (one.status === 'fulfilled') continue;
      await Promise.all(partitions.map((partition) => partition.close()));
      throw one.reason;
    }
    topic = new Topic(name, partitions, retention);
    return topic;
  }

  /** Makes the topic's folder, whole or not at all, if it is missing; else checks that it is as wanted. */
  static async ensure(folder: string, spec: TopicSpec): Promise<void> {
    const file = await readTopicFile(folder);
    if (file === null) return createTopic(folder, spec);
    if (file.partitions !== spec.partitions)
      throw new TopicMismatch(spec.name, file.partitions, spec.partitions);
    const begun = file.begun ?? (await hasBegun(folder, file.partitions));
    if (file.retentionMs !== spec.retentionMs || file.id === undefined || file.begun !== begun)
      await writeTopicFile(folder, spec, begun, file.id);
  }

  static async exists(folder: string): Promise<boolean> {
    return (await readTopicFile(folder)) !== null;
  }

  /** As it stands on the disk, also while it is open. @returns null if there is no such topic */
  static async id(folder: string): Promise<string | null> {
    const file = await readTopicFile(folder);
    return file === null ? null : (file.id ?? NO_ID);
  }

  /** From the next segment on. */
  retainFor(ms: number | undefined): void {
    this.retention.ms = ms;
  }

  /** Calls `listener` once, when records became visible or something else happened that readers should look at. */
  onChange(listener: () => void): () => void {
    this.waiting.add(listener);
    return () => void this.waiting.delete(listener);
  }

  wake(): void {
    if (this.waiting.size === 0) return;
    const listeners = this.waiting;
    this.waiting = new Set();
    for (const listener of listeners) listener();
  }

  /** Partition → offset that the next record will get; the same object as long as nothing is appended. */
  endOffsets(): Record<string, number> {
    const { partitions, ends } = this;
    for (let at = 0; at < partitions.length; at++)
      if (ends[at] !== (partitions[at] as Partition).endOffset) return (this.ends = this.endsNow());
    return ends;
  }

  private endsNow(): Record<string, number> {
    const ends = this.partitions.map(({ endOffset }, index) => [String(index), endOffset] as const);
    return Object.freeze(Object.fromEntries(ends));
  }

  partition(partition: number): Partition {
    const found = this.partitions[partition];
    if (found === undefined)
      throw new TenonError('unknown-partition', `Topic ${this.name} has no partition ${partition}.`);
    return found;
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all(this.partitions.map((partition) => partition.close()));
    this.wake();
  }
}

async function readTopicFile(folder: string): Promise<TopicFile | null> {
  const path = join(folder, 'topic.json');
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  const file = JSON.parse(text) as TopicFile;
  if (file.format !== FORMAT_VERSION) {
    throw new TenonError(
      'log-format',
      `${path} has format ${file.format}; this Tenon reads format ${FORMAT_VERSION}.`,
    );
  }
  return file;
}

async function createTopic(folder: string, spec: TopicSpec): Promise<void> {
  const unfinished = `${folder}.new`;
  await rm(unfinished, { recursive: true, force: true });
  for (let partition = 0; partition < spec.partitions; partition++) {
    await mkdir(partitionFolder(unfinished, partition), { recursive: true });
    await beginSegments(partitionFolder(unfinished, partition));
  }
  await writeTopicFile(unfinished, spec, true);
  await rename(unfinished, folder);
  await syncFolder(join(folder, '..'));
}

/** Of a topic that an earlier release has made. */
async function hasBegun(folder: string, partitions: number): Promise<true | undefined> {
  const all = Array.from({ length: partitions }, (_, one) => segmentsIn(partitionFolder(folder, one)));
  return (await Promise.all(all)).every((offsets) => (offsets?.length ?? 0) > 0) ? true : undefined;
}

async function writeTopicFile(
  folder: string,
  spec: TopicSpec,
  begun: true | undefined,
  id: string = randomUUID(),
): Promise<void> {
  const file: TopicFile = {
    format: FORMAT_VERSION,
    partitions: spec.partitions,
    id,
    ...(begun && { begun }),
    ...(spec.retentionMs !== undefined && { retentionMs: spec.retentionMs }),
  };
  const path = join(folder, 'topic.json');
  await writeFile(`${path}.tmp`, `${JSON.stringify(file)}\n`);
  const fd = await openFile(`${path}.tmp`, 'r+');
  await syncData(fd).finally(() => closeFile(fd));
  await rename(`${path}.tmp`, path);
  await syncFolder(folder);
}
