/** One partition of a topic, into files. */
import { mkdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TenonError } from '@tenon/errors';
import type { Hole, RawRead, RawRecord, RecordFileWriter, RecordSql } from '@tenon/ports';
import type { DumpDeps, DumpOptions } from './dump';
import { settle, sha256Of } from './folder';
import type { DumpedFile, DumpedPart, DumpedTopic, Selection } from './manifest';
import { RecordDigest, digestOfSegments } from './record-digest';

/** Holes that a manifest names for each partition; the rest is counted. */
const NAMED_HOLES = 1000;
/** Of a record, beside key and value: headers, lengths and the like, roughly. */
const OVERHEAD = 64;

export interface PartDeps extends DumpDeps {
  readonly options: DumpOptions;
  /** Writes the manifest, with what has been put into it. */
  save(): Promise<void>;
}

/** Puts what is complete into `part`, and has it saved. Ends early, in order, if the signal says so. */
export async function dumpPart(deps: PartDeps, topic: DumpedTopic, part: DumpedPart): Promise<void> {
  const { topics, signal, options } = deps;
  if (part.digest !== null) return;
  let file = new OpenFile(deps, topic.name, part);
  const readOn = (from: number) => {
    const reading = topics.read(topic.name, part.partition, from, part.to);
    // Nobody may be waiting when it fails.
    reading.catch(() => undefined);
    return reading;
  };
  try {
    let reading = part.next < part.to ? readOn(part.next) : null;
    while (reading !== null && !signal.aborted) {
      const read: RawRead = await reading;
      reading = read.next < part.to ? readOn(read.next) : null;
      await file.add(read);
      if (file.bytes >= options.fileBytes) {
        await file.close();
        file = new OpenFile(deps, topic.name, part);
      }
    }
    await file.close();
  } finally {
    await file.discard();
  }
  if (part.next < part.to) return;
  part.digest = digestOfSegments(part.files.map(({ digest }) => digest));
  await deps.save();
}

/** What has been read since the last file, until it is one. */
class OpenFile {
  bytes = 0;
  private readonly from: number;
  private next: number;
  private readonly holes: Hole[] = [];
  private taken = 0;
  private outOfTime = 0;
  private readonly digest = new RecordDigest();
  private writer: RecordFileWriter | null = null;

  constructor(
    private readonly deps: PartDeps,
    private readonly topic: string,
    private readonly part: DumpedPart,
  ) {
    this.from = this.next = part.next;
  }

  async add({ records, holes, next }: RawRead): Promise<void> {
    const { selection } = this.deps.options;
    const wanted = inTime(records, selection);
    this.outOfTime += records.length - wanted.length;
    for (const record of wanted) {
      this.digest.add(record);
      this.bytes += (record.key?.length ?? 0) + (record.value?.length ?? 0) + OVERHEAD;
    }
    if (wanted.length > 0) {
      this.writer ??= await this.deps.files.writer(sqlOf(selection));
      await this.writer.add(this.part.partition, wanted);
    }
    this.taken += wanted.length;
    for (const hole of holes) addHole(this.holes, hole);
    this.deps.progress.add(next - this.next);
    this.next = next;
  }

  /** What has been read is complete from here on. */
  async close(): Promise<void> {
    const { part } = this;
    if (this.next === this.from) return;
    const file = this.taken === 0 ? null : await this.write();
    if (file !== null) part.files.push(file);
    const kept = file?.records ?? 0;
    part.records += kept;
    part.leftOut.sql += this.taken - kept;
    part.leftOut.time += this.outOfTime;
    for (const hole of this.holes) {
      part.missing[hole.reason] = (part.missing[hole.reason] ?? 0) + hole.to - hole.from;
      if (part.holes.length < NAMED_HOLES) addHole(part.holes, hole);
    }
    part.next = this.next;
    await this.deps.save();
  }

  async discard(): Promise<void> {
    await this.writer?.discard();
  }

  /** @returns null if the SQL has left out all */
  private async write(): Promise<DumpedFile | null> {
    const { directory, selection } = this.deps.options;
    const name = `${this.topic}/${this.part.partition}/${String(this.from).padStart(20, '0')}.parquet`;
    const path = join(directory, name);
    const unfinished = `${path}.new`;
    await mkdir(dirname(path), { recursive: true });
    await this.writer?.finish(unfinished);
    const found = await this.readBack(unfinished);
    const asRead = this.digest.end();
    if (sqlOf(selection) === undefined && found.digest !== asRead)
      throw new TenonError('dump-damaged', `${unfinished} does not hold what was written.`, {
        hint: 'Look after the disk, and give the command again.',
      });
    if (found.records === 0) {
      await rm(unfinished);
      return null;
    }
    const [{ size: bytes }, sha256] = [await stat(unfinished), await sha256Of(unfinished)];
    await settle(unfinished, path);
    return { name, from: this.from, to: this.next, bytes, sha256, ...found };
  }

  private async readBack(path: string): Promise<{ records: number; digest: string }> {
    const digest = new RecordDigest();
    for await (const records of this.deps.files.read(path)) for (const record of records) digest.add(record);
    return { records: digest.records, digest: digest.end() };
  }
}

const inTime = (records: readonly RawRecord[], { fromTime, toTime }: Selection) =>
  fromTime === null && toTime === null
    ? records
    : records.filter(
        ({ timestamp }) => timestamp >= (fromTime ?? -Infinity) && timestamp < (toTime ?? Infinity),
      );

function sqlOf({ where, replace }: Selection): RecordSql | undefined {
  if (where === null && Object.keys(replace).length === 0) return undefined;
  return { ...(where !== null && { where }), replace };
}

/** Neighbours of one reason are one hole. */
function addHole(holes: Hole[], hole: Hole): void {
  const last = holes.at(-1);
  if (last?.to === hole.from && last.reason === hole.reason)
    holes[holes.length - 1] = { ...last, to: hole.to };
  else holes.push(hole);
}
