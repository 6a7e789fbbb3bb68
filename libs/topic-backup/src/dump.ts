/** Copies topics into files: what is there when it begins, partition by partition, going on where it was if it was ended. */
import { mkdir } from 'node:fs/promises';
import { TenonError } from '@tenon/errors';
import type { Clock, RawTopics, RecordFiles } from '@tenon/ports';
import { dumpPart } from './dump-part';
import type { DumpedPart, DumpedTopic, Manifest, Selection } from './manifest';
import { MANIFEST_VERSION, readManifest, writeManifest, writeSchema } from './manifest';
import type { Progress } from './progress';
import { inTurn, sideBySide } from './side-by-side';

export const EVERYTHING: Selection = {
  fromTime: null,
  toTime: null,
  fromOffset: null,
  toOffset: null,
  where: null,
  replace: {},
};

export interface DumpDeps {
  readonly topics: RawTopics;
  readonly files: RecordFiles;
  readonly clock: Pick<Clock, 'now'>;
  readonly progress: Progress;
  /** Ends it in order: what is complete stays, and the same call goes on from there. */
  readonly signal: AbortSignal;
  readonly writtenBy: string;
}

export interface DumpOptions {
  readonly directory: string;
  /** Names of topics. */
  readonly names: readonly string[];
  readonly selection: Selection;
  /** Partitions at a time. */
  readonly parallel: number;
  /** A file is closed at about so many bytes of records. */
  readonly fileBytes: number;
}

/**
 * @returns what has been dumped; its `ended` is null if it was ended by the signal
 * @throws TenonError `unknown-topic`, `dump-exists`, `dump-differs`, `bad-sql`, `unreadable-batch`; what log and disk throw
 */
export async function dump(deps: DumpDeps, options: DumpOptions): Promise<Manifest> {
  const { directory, selection, parallel } = options;
  await deps.files.check({
    ...(selection.where !== null && { where: selection.where }),
    replace: selection.replace,
  });
  const manifest = await begin(deps, options);
  const saving = inTurn();
  const save = () => saving(() => writeManifest(directory, manifest));
  await save();
  const parts = manifest.topics.flatMap((topic) => topic.parts.map((part) => ({ topic, part })));
  const left = parts.reduce((sum, { part }) => sum + part.to - part.next, 0);
  deps.progress.begin('dump', left);
  try {
    await sideBySide(parts, parallel, deps.signal, ({ topic, part }, signal) =>
      dumpPart({ ...deps, signal, save, options }, topic, part),
    );
  } finally {
    deps.progress.end();
  }
  if (deps.signal.aborted) return manifest;
  manifest.ended = new Date(deps.clock.now()).toISOString();
  await save();
  return manifest;
}

async function begin(deps: DumpDeps, options: DumpOptions): Promise<Manifest> {
  const { directory, selection } = options;
  const begun = await readManifest(directory);
  const topics: DumpedTopic[] = [];
  for (const name of options.names) topics.push(await topicNow(deps, name, selection));
  if (begun === null) {
    await mkdir(directory, { recursive: true });
    await writeSchema(directory);
    return {
      v: MANIFEST_VERSION,
      writtenBy: deps.writtenBy,
      from: deps.topics.name,
      begun: new Date(deps.clock.now()).toISOString(),
      ended: null,
      selection,
      topics,
    };
  }
  if (begun.ended !== null)
    throw new TenonError('dump-exists', `${directory} holds a dump already, of ${begun.ended}.`, {
      hint: 'Name another directory.',
    });
  const asked = (one: readonly DumpedTopic[]) => JSON.stringify(one.map(({ name, id }) => [name, id]));
  if (asked(begun.topics) !== asked(topics) || JSON.stringify(begun.selection) !== JSON.stringify(selection))
    throw new TenonError(
      'dump-differs',
      `${directory} holds a dump that is not complete, of other topics or another selection.`,
      { hint: 'Give the command of before, to go on with it; or name another directory.' },
    );
  return begun;
}

/** A topic as it is now, with nothing dumped. */
async function topicNow({ topics }: DumpDeps, name: string, selection: Selection): Promise<DumpedTopic> {
  const facts = await topics.describe(name);
  if (facts === null) throw new TenonError('unknown-topic', `There is no topic ${name} in ${topics.name}.`);
  const ranges = await topics.ranges(name);
  const { fromTime, fromOffset, toOffset } = selection;
  const since = fromTime === null ? {} : await topics.offsetsAt(name, fromTime);
  const parts = Object.entries(ranges).map(([id, log]): DumpedPart => {
    const to = Math.max(log.start, Math.min(log.end, toOffset?.[id] ?? log.end));
    const wanted = Math.max(fromOffset?.[id] ?? 0, since[id] ?? 0);
    const from = Math.min(to, Math.max(log.start, wanted));
    const isCut = wanted < log.start;
    return {
      partition: Number(id),
      log,
      from,
      to,
      next: from,
      records: 0,
      holes: isCut ? [{ from: wanted, to: log.start, reason: 'deleted' }] : [],
      missing: isCut ? { deleted: log.start - wanted } : {},
      leftOut: { time: 0, sql: 0 },
      files: [],
      digest: null,
    };
  });
  const groups = await topics.groups(name);
  return { ...facts, config: { ...facts.config }, groups: groups.map((one) => ({ ...one })), parts };
}
