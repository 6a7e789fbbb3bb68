/** Puts a dump's topics back, and proves it. */
import { join, resolve } from 'node:path';
import { TenonError } from '@tenon/errors';
import type { Clock, RawTopics, RecordFiles } from '@tenon/ports';
import type { Certificate } from './certificate';
import { readManifest } from './manifest';
import type { DumpedTopic, Manifest } from './manifest';
import type { Progress } from './progress';
import { restoreTopic } from './restore-topic';

export interface RestoreDeps {
  readonly topics: RawTopics;
  readonly files: RecordFiles;
  readonly clock: Pick<Clock, 'now'>;
  readonly progress: Progress;
  /** Ends it; the same call goes on from there. */
  readonly signal: AbortSignal;
}

export interface RestoreOptions {
  readonly directory: string;
  /** Of the dump's topics; null: all. */
  readonly only: string | null;
  /** Another name, for one topic. */
  readonly into: string | null;
  /** Anew by key, into so many; null: as they were. */
  readonly partitions: number | null;
  /** Copies of each partition; null: the brokers' default. */
  readonly replication: number | null;
  readonly groups: boolean;
  /** Where maps of offsets and certificates go; null: into the dump's directory. */
  readonly out: string | null;
  /** Partitions at a time. */
  readonly parallel: number;
}

export interface Restored {
  readonly certificate: Certificate;
  /** Files that were written. */
  readonly offsets: string;
  readonly path: string;
}

/**
 * @returns what became of each topic; fewer, if it was ended by the signal
 * @throws TenonError `no-dump`, `bad-manifest`, `dump-incomplete`, `dump-damaged`, `unknown-topic`, `topic-not-empty`,
 *   `restore-disturbed`, `target-cannot-hold`, TopicMismatch; what log and disk throw
 */
export async function restore(deps: RestoreDeps, options: RestoreOptions): Promise<Restored[]> {
  const directory = resolve(options.directory);
  const manifest = await readManifest(directory);
  if (manifest === null) throw new TenonError('no-dump', `There is no dump in ${directory}.`);
  if (manifest.ended === null)
    throw new TenonError('dump-incomplete', `The dump in ${directory} is not complete.`, {
      hint: 'Give the command tenon dump again that made it: it goes on where it was.',
    });
  const chosen = choose(manifest, options);
  const out = resolve(options.out ?? join(directory, 'restored'));
  const restored: Restored[] = [];
  for (const topic of chosen) {
    const one = await restoreTopic(
      deps,
      { ...options, directory, out, into: options.into ?? topic.name },
      topic,
    );
    if (one === null) break;
    restored.push(one);
  }
  return restored;
}

function choose({ topics }: Manifest, { only, into }: RestoreOptions): readonly DumpedTopic[] {
  const chosen = only === null ? topics : topics.filter(({ name }) => name === only);
  const names = topics.map(({ name }) => name).join(', ');
  if (chosen.length === 0)
    throw new TenonError('unknown-topic', `The dump has no topic ${only}; it has ${names}.`);
  if (into !== null && chosen.length > 1)
    throw new TenonError('several-topics', `The dump has several topics: ${names}.`, {
      hint: 'Say with --topic which one goes into the other name.',
    });
  return chosen;
}
