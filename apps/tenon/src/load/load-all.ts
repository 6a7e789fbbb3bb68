/** `tenon load`: each file in turn. */
import { basename } from 'node:path';
import type { FileFormat } from '@tenon/adapters-files';
import { declaredFields, digestFile, formatOf, mayGrow, openFile } from '@tenon/adapters-files';
import { fieldsOf } from '@tenon/catalog';
import { encodeReceipt } from '@tenon/contracts';
import type { OffsetVector } from '@tenon/domain';
import { laterOffsets } from '@tenon/domain';
import { Refusal } from '@tenon/errors';
import type { Client } from '../cli/client';
import { toFailure } from '../cli/failure';
import type { Output } from '../cli/output';
import { grouped, seconds, styles } from '../cli/output';
import type { Checkpoint } from './checkpoint';
import { Checkpoints, matching, ofIds } from './checkpoint';
import { judgedAfter, judgedOf } from './judged';
import { loadFile } from './load-file';
import { createProgress } from './progress';
import type { RejectReason } from './rejected';
import { RejectedFile } from './rejected';
import { sourceFacts } from './source-facts';

export interface LoadOptions {
  readonly format?: FileFormat;
  readonly batch: number;
  readonly quiet: boolean;
  readonly fromStart: boolean;
  readonly catalog: string;
  readonly patienceMs: number;
  readonly signal: AbortSignal;
  /** Fields that are the ids of rows. */
  readonly id?: readonly string[];
  /** What of the time it may send in, percent: the rest is for others. Default 100. */
  readonly share?: number;
  /** False: it does not wait to hear what became of the rows. */
  readonly judges?: boolean;
}

export interface LoadedFile {
  readonly file: string;
  readonly rows: number;
  readonly accepted: number;
  readonly rejected: number;
  /**
   * Of what was accepted: what the source knew already, and what has the id of another event with other data and counts
   * nowhere. With what others sent meanwhile; null where nobody could say.
   */
  readonly duplicates: number | null;
  readonly conflicts: number | null;
  /** Rows that an earlier load had sent. */
  readonly resumedAfter: number;
  readonly complete: boolean;
  readonly seconds: number;
  /** Where the rejected rows stand; null if there are none. */
  readonly rejectedFile: string | null;
  /** Why rows were refused this time, the most frequent first. */
  readonly reasons: readonly RejectReason[];
  readonly receipt: string;
}

/** Loads files one after the other; all are looked at before the first is sent. @throws Failure */
export async function loadAll(...args: Parameters<typeof loadEach>): Promise<LoadedFile[]> {
  try {
    return await loadEach(...args);
  } catch (error) {
    throw error instanceof Refusal ? toFailure(error) : error;
  }
}

async function loadEach(
  client: Client,
  source: string,
  paths: readonly string[],
  options: LoadOptions,
  output: Output,
): Promise<LoadedFile[]> {
  const files = paths.map((path) => ({ path, format: formatOf(path, options.format) }));
  const facts = await sourceFacts(client, source, options.catalog);
  const declared = declaredFields(facts.schema === undefined ? undefined : fieldsOf(facts.schema));
  if (declared === null && files.some(({ format }) => format === 'csv')) {
    output.err.write(
      `note: the schema of ${source} is not known here, so the types in CSV are guessed (see --catalog).\n`,
    );
  }
  const checkpoints = facts.log === null ? Checkpoints.none() : Checkpoints.open(facts.log, source);
  const loaded: LoadedFile[] = [];
  for (const { path, format } of files) {
    if (options.signal.aborted) break;
    loaded.push(await loadOne({ path, format }));
  }
  return loaded;

  async function loadOne({ path, format }: { path: string; format: FileFormat }): Promise<LoadedFile> {
    const began = performance.now();
    const known = options.fromStart ? [] : ofIds(checkpoints.all(), options.id);
    // Only text that was appended to is the same rows and more: other files are new when they differ at all.
    const grows = mayGrow(path, format);
    const digests = await digestFile(path, grows ? known.map((one) => one.size) : []);
    const from = matching(known, digests);
    const rejected = new RejectedFile(`${basename(path)}.rejected.ndjson`, path);
    const whole = from?.complete === true && from.digest === digests.full;
    // What was refused is no loaded row: after the schema was mended, the same command sends it.
    const refused = whole && from.rejected > 0 ? rejected.rows() : new Set<number>();
    const again = refused.size > 0;
    const unchanged = whole && !again;
    if (from === undefined || again) rejected.clear();
    const reader = await openFile(path, format, declared);
    const progress = createProgress(output.err, basename(path), reader.total, options.quiet);
    if (from !== undefined && !options.quiet)
      progress.note(
        again ? againNote(basename(path), refused.size) : resumeNote(basename(path), from, unchanged),
      );
    const before = unchanged || options.judges === false ? null : await judgedOf(client, source);
    try {
      const result = unchanged
        ? { ...from, complete: true }
        : await loadFile({
            ...{
              client,
              source,
              reader,
              checkpoints,
              rejected,
              signal: options.signal,
              patienceMs: options.patienceMs,
              share: options.share ?? 100,
            },
            ...(from && { from }),
            ...(again && { only: refused }),
            ...(options.id && { id: options.id }),
            file: { base: from?.base ?? digests.full, size: digests.size, digest: digests.full },
            parcelRows: options.batch,
            onProgress: (done, state) => progress.update(done, state.rows, state.rejected),
            onWait: saidOnce((reason) => progress.note(`${reason} Trying again ...`)),
          });
      const after =
        before && (await judgedAfter(client, source, result.offsets, JUDGED_WITHIN_MS, options.signal));
      return {
        duplicates: unchanged ? 0 : before && after && Math.max(0, after.duplicates - before.duplicates),
        conflicts: unchanged ? 0 : before && after && Math.max(0, after.conflicts - before.conflicts),
        ...{ file: path, rows: result.rows, accepted: result.accepted, rejected: result.rejected },
        ...{ resumedAfter: again ? 0 : (from?.rows ?? 0), complete: result.complete },
        seconds: Math.round(performance.now() - began) / 1000,
        rejectedFile: result.rejected > 0 ? rejected.path : null,
        reasons: rejected.reasons(),
        receipt: encodeReceipt(result.offsets),
      };
    } finally {
      progress.stop();
    }
  }
}

/** A Tenon that is behind says later what became of the rows; the load does not wait for that. */
const JUDGED_WITHIN_MS = 10_000;

/** An outage is told once, not at every try. */
function saidOnce(say: (reason: string) => void): (reason: string) => void {
  let last = '';
  return (reason) => {
    if (reason !== last) say(reason);
    last = reason;
  };
}

const againNote = (name: string, rows: number) =>
  `${name}: was loaded before but for ${grouped(rows)} rows that were refused; these are sent again.`;

function resumeNote(name: string, { rows, rejected }: Checkpoint, complete: boolean): string {
  if (!complete) return `${name}: goes on after row ${grouped(rows)}.`;
  if (rejected === 0) return `${name}: all ${grouped(rows)} rows were loaded before.`;
  return (
    `${name}: of ${grouped(rows)} rows ${grouped(rows - rejected)} were loaded before, and ${grouped(rejected)} refused. ` +
    `${name}.rejected.ndjson, which names these, is not here: --from-start sends all rows again.`
  );
}

/** One receipt for all files. */
export function jointReceipt(
  loaded: readonly LoadedFile[],
  decode: (receipt: string) => OffsetVector | undefined,
): string {
  const joint: Record<string, Readonly<Record<string, number>>> = {};
  for (const { receipt } of loaded) {
    for (const [source, offsets] of Object.entries(decode(receipt) ?? {}))
      joint[source] = laterOffsets(joint[source] ?? {}, offsets);
  }
  return encodeReceipt(joint);
}

const TOP_REASONS = 3;

/** What was done with a file, for people. */
export function summary(one: LoadedFile, { out }: Output): string {
  const { red, yellow, dim } = styles(out);
  const sent = one.rows - one.resumedAfter;
  const speed = sent > 0 && one.seconds > 0 ? `, ${grouped(sent / one.seconds)}/s` : '';
  const lines = [
    `${one.file}: ${grouped(one.accepted)} accepted, ${grouped(one.rejected)} rejected ${dim(`(${seconds(one.seconds * 1000)}${speed})`)}`,
  ];
  if (one.duplicates) lines.push(`  ${grouped(one.duplicates)} were there before, and count once`);
  if (one.conflicts)
    lines.push(
      yellow(
        `  ${grouped(one.conflicts)} have the id of another event with other data (id-conflict): they count nowhere; tenon dlq list --code id-conflict`,
      ),
    );
  for (const { code, count, row, detail } of one.reasons.slice(0, TOP_REASONS))
    lines.push(
      `  ${grouped(count)} ${code}, first in row ${grouped(row)}${detail === '' ? '' : `: ${detail.slice(0, 120)}`}`,
    );
  if (one.rejectedFile !== null) lines.push(red(`  rejected rows, with why: ${one.rejectedFile}`));
  if (!one.complete)
    lines.push(yellow(`  stopped after row ${grouped(one.rows)}; the same command goes on from there`));
  return `${lines.join('\n')}\n`;
}
