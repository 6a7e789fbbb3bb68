/**
 * What a changed product's rows would be, beside those that are served: its new SELECT over the archive, here and not where it runs.
 * A Tenon is asked for files and for rows of a generation that it keeps, and does nothing but read.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Plan, SourceDefinition } from '@tenon/domain';
import { barrierTime, horizonAt, isSameDefinition, productId } from '@tenon/domain';
import { createEngine } from '@tenon/engine';
import { Refusal, TenonError } from '@tenon/errors';
import type { Engine, RangeResult } from '@tenon/ports';
import { plannerOptions } from '@tenon/runtime';
import type { DiffAnswer } from '@tenon/service-serving';
import { RowDifferences, columnsOnlyIn } from '@tenon/service-serving';
import { Client, segment } from '../../cli/client';
import { Failure } from '../../cli/failure';
import { ArchiveFiles } from './files';
import { withMatched } from './matched';
import type { Sample } from './sample';
import { sampleOf } from './sample';
import { computedRows, servedRows } from './sides';

/** A product whose rows are to be compared. */
export interface ChangedProduct {
  readonly before: PlannedSide;
  readonly after: PlannedSide;
}

export interface PlannedSide {
  readonly plan: Plan;
  readonly source: SourceDefinition;
}

export interface RowsBound {
  /** Of the archive's files, for each product. */
  readonly bytes: number;
  /** For all products together, milliseconds. */
  readonly ms: number;
}

type Differences = Pick<
  DiffAnswer,
  'counts' | 'by' | 'columns' | 'columnsOnlyA' | 'columnsOnlyB' | 'rows' | 'more'
>;

export interface ComparedRows {
  readonly product: string;
  readonly served: number;
  readonly version: number;
  /** Why they were not compared; null: they were. */
  readonly reason: string | null;
  readonly sample: (Omit<Sample, 'ranges'> & { readonly source: string; readonly generation: number }) | null;
  /** `a` is what is served, or its SELECT over the sample; `b` the new one over the same records. */
  readonly differences: Differences | null;
}

/** Differences that are named, the largest. */
const MOST = 10;

interface Comparing {
  readonly client: Client;
  readonly engine: Engine;
  readonly directory: string;
  readonly files: ArchiveFiles;
  readonly mostBytes: number;
  readonly signal: AbortSignal;
}

export async function compareRows(
  url: string,
  changed: readonly ChangedProduct[],
  bound: RowsBound,
): Promise<ComparedRows[]> {
  if (changed.length === 0) return [];
  const client = new Client(url);
  const directory = mkdtempSync(join(tmpdir(), 'tenon-plan-'));
  const engine = await createEngine(plannerOptions(process.env));
  const signal = AbortSignal.timeout(bound.ms);
  signal.addEventListener('abort', () => engine.interrupt(), { once: true });
  const files = new ArchiveFiles(client, directory, signal);
  const comparing = { client, engine, directory, files, mostBytes: bound.bytes, signal };
  try {
    const compared: ComparedRows[] = [];
    for (const one of changed) compared.push(await compare(comparing, one, bound));
    return compared;
  } finally {
    client.close();
    await engine.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function compare(
  comparing: Comparing,
  change: ChangedProduct,
  bound: RowsBound,
): Promise<ComparedRows> {
  const [before, after] = [change.before.plan, change.after.plan];
  const about = { product: after.product, served: before.version, version: after.version };
  const not = (reason: string): ComparedRows => ({ ...about, reason, sample: null, differences: null });
  if (isSameDefinition(before, after)) return not('it is the same SELECT');
  if (keysOf(before) !== keysOf(after))
    return not(`rows with the keys ${keysOf(before)} and ${keysOf(after)} can't be matched`);
  if (before.source !== after.source) return not(`it reads ${after.source}, and no longer ${before.source}`);
  try {
    const found = await sampled(comparing, before);
    if (typeof found === 'string') return not(found);
    const { sample, generation, asOf } = found;
    const differences = await differencesOf(comparing, change, sample, asOf);
    const { ranges: _, ...told } = sample;
    return { ...about, reason: null, sample: { ...told, source: before.source, generation }, differences };
  } catch (error) {
    if (comparing.signal.aborted) return not(`it was not done within ${bound.ms / 1000} s (--within)`);
    if (error instanceof Failure) return not(error.problems.map(({ message }) => message).join(' '));
    if (error instanceof Refusal || error instanceof TenonError) return not(error.message);
    throw error;
  }
}

const keysOf = ({ key }: Plan) =>
  key.map(({ column, type }) => `${column ?? 'a hidden key'} ${type}`).join(', ') || 'none';

interface Generations {
  readonly generations: readonly {
    readonly generation: number;
    readonly line: number;
    readonly cut: Readonly<Record<string, Readonly<Record<string, number>>>>;
  }[];
}

/** The newest generation up to which the archive reaches. @returns why there is none */
async function sampled(
  { client, files, mostBytes, signal }: Comparing,
  { product, version, source }: Plan,
): Promise<string | { readonly sample: Sample; readonly generation: number; readonly asOf: string }> {
  const archive = await files.list(source);
  const { generations } = await client.json<Generations>(`/v1/products/${segment(product)}/generations`, {
    ...{ query: { version: String(version) }, signal },
  });
  for (const { generation, line, cut } of generations) {
    const sample = sampleOf(archive, cut[source] ?? {}, mostBytes);
    if (sample === null || sample.of === 0) continue;
    if (sample.records > 0) return { sample, generation, asOf: `${generation}@${line}` };
    return `no file of the archive is within ${mostBytes} bytes (--sample-bytes)`;
  }
  return `the archive of ${source} reaches up to no cut that ${productId(product, version)} keeps`;
}

async function differencesOf(
  { client, engine, directory, files, signal }: Comparing,
  change: ChangedProduct,
  sample: Sample,
  asOf: string,
): Promise<Differences> {
  const [before, after] = [change.before.plan, change.after.plan];
  const ranges = await files.ranges(before.source, sample.ranges);
  const made = await engine.aggregateArchive(change.after.source, after, ranges);
  const horizon = horizonOf(made, [before, after]);
  const sides = [
    sample.kind === 'all'
      ? servedRows(client, before, asOf, horizon, signal)
      : computedRows(
          engine,
          before,
          await engine.aggregateArchive(change.before.source, before, ranges),
          horizon,
        ),
    computedRows(engine, after, made, horizon),
  ] as const;
  const found = new RowDifferences(before, after, { by: null, most: MOST });
  const { same } = await withMatched(directory, sides, async (pairs) => {
    for await (const [cell, a, b] of pairs) {
      signal.throwIfAborted();
      found.compare(cell, cell, a, b);
    }
    return {};
  });
  found.same(same);
  const { counts, columns, rows } = found.result();
  const different = counts.changed + counts.onlyA + counts.onlyB;
  return {
    ...{ counts: { ...counts, different }, by: null, columns, rows, more: different > rows.length },
    ...{ columnsOnlyA: columnsOnlyIn(before, after), columnsOnlyB: columnsOnlyIn(after, before) },
  };
}

/** Rows that are past the retention of either are in neither, by the rule that a cut has: its barriers end the ranges. */
function horizonOf({ ends }: Pick<RangeResult, 'ends'>, plans: readonly Plan[]): number | undefined {
  const barriers = Object.fromEntries([...ends].map(([partition, at]) => [partition, barrierTime(at)]));
  const known = plans.flatMap((plan) => horizonAt({ cut: barriers, barriers }, plan) ?? []);
  return known.length === 0 ? undefined : Math.max(...known);
}
