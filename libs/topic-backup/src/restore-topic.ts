/** One topic: written behind what is there of it, read back, and compared. */
import { join } from 'node:path';
import { TenonError } from '@tenon/errors';
import type { RawTopics } from '@tenon/ports';
import type { Certificate, CertifiedGroup, CertifiedPartition } from './certificate';
import { readText, replaceText, sha256Of } from './folder';
import { GroupTranslation } from './group-translation';
import type { DumpedTopic } from './manifest';
import { OffsetRuns } from './offset-runs';
import { readBack } from './read-back';
import type { Segment } from './record-digest';
import type { RestoreDeps, RestoreOptions, Restored } from './restore';
import { restoreMerged, restoreSame } from './streams';

export interface TopicOptions extends RestoreOptions {
  readonly out: string;
  readonly into: string;
}

/** @returns null if it was ended by the signal */
export async function restoreTopic(
  deps: RestoreDeps,
  options: TopicOptions,
  topic: DumpedTopic,
): Promise<Restored | null> {
  const { topics, signal, progress } = deps;
  const { into, partitions: anew } = options;
  const folder = join(options.out, into);
  await checkFiles(options.directory, topic);
  const partitions = anew ?? topic.partitions;
  const { id, written } = await openTarget(deps, options, folder, partitions);
  const runs = new OffsetRuns(await deps.files.runWriter());
  const groups = new GroupTranslation(options.groups ? topic.groups : []);
  const records = topic.parts.reduce((sum, part) => sum + part.records, 0);
  const work = { deps, options, topic, written, runs, groups };
  progress.begin(`restore ${into}`, records);
  const restored = await (anew === null ? restoreSame(work) : restoreMerged(work, anew)).finally(() =>
    progress.end(),
  );
  if (signal.aborted) return null;
  const offsets = join(folder, 'offsets.parquet');
  await runs.finish(offsets);
  progress.begin(`read back ${into}`, records);
  const certified = await certify(deps, options, restored.segments).finally(() => progress.end());
  if (signal.aborted) return null;
  const ends = restored.segments.map((segments) => segments.reduce((sum, one) => sum + one.records, 0));
  const translated = groups.offsets(ends, anew === null);
  const certifiedGroups: CertifiedGroup[] = [];
  for (const group of translated) certifiedGroups.push(await commit(topics, into, group));
  const config = await settleConfig(topics, into, topic.config);
  const certificate: Certificate = {
    v: 1,
    topic: topic.name,
    into,
    in: topics.name,
    id,
    ended: new Date(deps.clock.now()).toISOString(),
    offsetsKept: runs.kept && anew === null,
    leftOut: restored.leftOut,
    partitions: certified,
    groups: certifiedGroups,
    config,
    equal: [...certified, ...certifiedGroups, config].every(({ equal }) => equal),
  };
  const path = join(folder, 'certificate.json');
  await replaceText(path, `${JSON.stringify(certificate, null, 1)}\n`);
  return { certificate, offsets, path };
}

/** Before anything is written: a dump that is not what it was restores nothing. */
async function checkFiles(directory: string, topic: DumpedTopic): Promise<void> {
  for (const { files } of topic.parts)
    for (const { name, sha256 } of files) {
      const found = await sha256Of(join(directory, name)).catch((error: NodeJS.ErrnoException) => error.code);
      if (found !== sha256)
        throw new TenonError('dump-damaged', `${join(directory, name)} is not what was written (${found}).`, {
          hint: 'Bring the file back from another copy of the dump.',
        });
    }
}

interface Target {
  readonly id: string;
  /** Records that each partition has, of an earlier run. */
  readonly written: readonly number[];
}

/** Which topic an earlier run wrote to, so that nobody else's records are taken for its own. */
const stateFile = (folder: string) => join(folder, 'state.json');

async function openTarget(
  { topics }: RestoreDeps,
  { into, replication, partitions: anew, directory }: TopicOptions,
  folder: string,
  partitions: number,
): Promise<Target> {
  const before = await topics.describe(into);
  const state = await readText(stateFile(folder));
  const ours = (id: string) => JSON.stringify({ v: 1, in: topics.name, id, directory, anew });
  const isOurs = before !== null && state === ours(before.id);
  if (before !== null && !isOurs) {
    const used = Object.values(await topics.ranges(into)).some(({ highWatermark }) => highWatermark > 0);
    if (used)
      throw new TenonError('topic-not-empty', `${into} has records already in ${topics.name}.`, {
        hint: 'Restore it into another name with --into, or delete the topic first.',
      });
  }
  await topics.create(into, partitions, replication ?? undefined);
  const made = await topics.describe(into);
  if (made === null) throw new TenonError('unknown-topic', `Topic ${into} was made, and is not there.`);
  await replaceText(stateFile(folder), ours(made.id));
  const ranges = await topics.ranges(into);
  const written = Array.from({ length: partitions }, (_, id) => ranges[String(id)]?.highWatermark ?? 0);
  return { id: made.id, written };
}

async function certify(
  deps: RestoreDeps,
  { into, parallel }: TopicOptions,
  segments: readonly (readonly Segment[])[],
): Promise<CertifiedPartition[]> {
  return readBack(deps, into, segments, parallel);
}

async function commit(
  topics: RawTopics,
  topic: string,
  { group, offsets }: { readonly group: string; readonly offsets: Readonly<Record<string, number>> },
): Promise<CertifiedGroup> {
  try {
    await topics.commitGroup(topic, { group, offsets });
    const found = (await topics.groups(topic)).find((one) => one.group === group)?.offsets ?? {};
    const equal = Object.entries(offsets).every(([partition, offset]) => found[partition] === offset);
    return { group, offsets, equal, problem: equal ? null : 'It was committed, and is not there.' };
  } catch (error) {
    return { group, offsets, equal: false, problem: (error as Error).message };
  }
}

/** What was set on the topic of before; last, since compaction and retention may begin with it. */
async function settleConfig(
  topics: RawTopics,
  topic: string,
  config: Readonly<Record<string, string>>,
): Promise<Certificate['config']> {
  try {
    await topics.settle(topic, config);
    return { equal: true, problem: null };
  } catch (error) {
    return { equal: false, problem: (error as Error).message };
  }
}
