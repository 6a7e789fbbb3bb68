import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TenonError, TopicMismatch } from '@tenon/ports';
import type { TopicSpec } from '@tenon/ports';
import { closeFile, openFile, syncData, syncFolder } from './files';
import { FORMAT_VERSION } from './format';
import { Partition } from './partition';
import type { PartitionOptions } from './partition';

interface TopicFile {
  readonly format: number;
  readonly partitions: number;
  readonly retentionMs?: number;
}

const partitionFolder = (folder: string, partition: number) => join(folder, String(partition));

/** An open topic. */
export class Topic {
  private waiting = new Set<() => void>();

  private constructor(
    readonly name: string,
    readonly partitions: readonly Partition[],
  ) {}

  /** @returns null if there is no such topic */
  static async open(
    folder: string,
    name: string,
    options: Omit<PartitionOptions, 'onAppend' | 'retentionMs'>,
  ): Promise<Topic | null> {
    const file = await readTopicFile(folder);
    if (file === null) return null;
    const partitions: Partition[] = [];
    const topic = new Topic(name, partitions);
    for (let partition = 0; partition < file.partitions; partition++) {
      partitions.push(
        await Partition.open(partitionFolder(folder, partition), {
          ...options,
          retentionMs: file.retentionMs,
          onAppend: () => topic.wake(),
        }),
      );
    }
    return topic;
  }

  /** Makes the topic's folder, whole or not at all, if it is missing; else checks that it is as wanted. */
  static async ensure(folder: string, spec: TopicSpec): Promise<void> {
    const file = await readTopicFile(folder);
    if (file === null) return createTopic(folder, spec);
    if (file.partitions !== spec.partitions)
      throw new TopicMismatch(spec.name, file.partitions, spec.partitions);
    if (file.retentionMs !== spec.retentionMs) await writeTopicFile(folder, spec);
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

  partition(partition: number): Partition {
    const found = this.partitions[partition];
    if (found === undefined)
      throw new TenonError('unknown-partition', `Topic ${this.name} has no partition ${partition}.`);
    return found;
  }

  async close(): Promise<void> {
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
  }
  await writeTopicFile(unfinished, spec);
  await rename(unfinished, folder);
  await syncFolder(join(folder, '..'));
}

async function writeTopicFile(folder: string, spec: TopicSpec): Promise<void> {
  const file: TopicFile = {
    format: FORMAT_VERSION,
    partitions: spec.partitions,
    ...(spec.retentionMs !== undefined && { retentionMs: spec.retentionMs }),
  };
  const path = join(folder, 'topic.json');
  await writeFile(`${path}.tmp`, `${JSON.stringify(file)}\n`);
  const fd = await openFile(`${path}.tmp`, 'r+');
  await syncData(fd).finally(() => closeFile(fd));
  await rename(`${path}.tmp`, path);
  await syncFolder(folder);
}
