/** `tenon dump`, from its options to a manifest. */
import { resolve } from 'node:path';
import { systemClock } from '@tenon/adapters-embedded';
import type { RawTopics } from '@tenon/ports';
import type { Manifest, Progress } from '@tenon/topic-backup';
import { EVERYTHING, dump, ownTopics, topicOf } from '@tenon/topic-backup';
import { failure, usage } from '../cli/failure';
import type { BackupPlace } from './open';
import { withTopicsToRead } from './open';

/** An offset for all partitions, or for some. */
export type PartitionOffsets = number | Readonly<Record<string, number>>;

export interface DumpRequest extends BackupPlace {
  readonly directory: string;
  readonly names: readonly string[];
  /** All of Tenon's own. */
  readonly all: boolean;
  /** Names are those of topics, and never of sources. */
  readonly topic: boolean;
  readonly from?: number;
  readonly to?: number;
  readonly fromOffset?: PartitionOffsets;
  readonly toOffset?: PartitionOffsets;
  readonly where?: string;
  readonly replace?: Readonly<Record<string, string>>;
  readonly parallel: number;
  readonly fileBytes: number;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

export function runDump(request: DumpRequest): Promise<Manifest> {
  const { directory, parallel, fileBytes, progress, signal } = request;
  return withTopicsToRead(request, async ({ topics, files }) => {
    const names = await namesOf(topics, request);
    return dump(
      { topics, files, clock: systemClock, progress, signal, writtenBy: 'tenon' },
      {
        directory: resolve(directory),
        names,
        selection: {
          ...EVERYTHING,
          fromTime: request.from ?? null,
          toTime: request.to ?? null,
          fromOffset: await expand(topics, names, request.fromOffset),
          toOffset: await expand(topics, names, request.toOffset),
          where: request.where ?? null,
          replace: { ...request.replace },
        },
        parallel,
        fileBytes,
      },
    );
  });
}

async function namesOf(topics: RawTopics, { all, topic, names }: DumpRequest): Promise<string[]> {
  if (all) {
    if (names.length > 0) throw usage('--all takes no names of sources or topics.');
    const own = await ownTopics(topics);
    if (own.length === 0) throw failure('unknown-topic', `There is no topic of Tenon in ${topics.name}.`);
    return own;
  }
  if (names.length === 0) throw usage('Name a source or a topic, and a directory.');
  const found: string[] = [];
  for (const name of names) found.push(topic ? name : await topicOf(topics, name));
  return [...new Set(found)];
}

async function expand(
  topics: RawTopics,
  names: readonly string[],
  offsets: PartitionOffsets | undefined,
): Promise<Record<string, number> | null> {
  if (offsets === undefined) return null;
  if (typeof offsets !== 'number') return { ...offsets };
  const all: Record<string, number> = {};
  for (const name of names) for (const id of Object.keys(await topics.ranges(name))) all[id] = offsets;
  return all;
}
