/** One batch run: the states of a range of the archive, handed to the landing zone. */
import type { ArchiveManifest, CompleteCut, RemovedRecords } from '@tenon/archive';
import { archiveRanges } from '@tenon/archive';
import type {
  Generation,
  Lanes,
  Move,
  Offsets,
  Partition,
  Plan,
  Pointer,
  ProductId,
  RangeHead,
  SourceDefinition,
} from '@tenon/domain';
import {
  barrierTime,
  generationBefore,
  horizonAt,
  isBehindHorizon,
  lanesOf,
  toVector,
  windowBegin,
} from '@tenon/domain';
import { TenonError } from '@tenon/errors';
import type { Clock, Engine, Lake, LossBook, PartialCell, Span } from '@tenon/ports';
import type { ProductLayout } from '@tenon/views';
import type { RangeWriterDeps } from './range-writer';
import { RangeWriter } from './range-writer';

export interface RunDeps extends RangeWriterDeps {
  readonly engine: Engine;
  readonly lake: Lake;
  readonly clock: Clock;
  /** Records of the archive's beginning may have been accepted as lost. */
  readonly losses?: Pick<LossBook, 'read'>;
}

/** What a run did, for the log and the status. */
export interface RunReport {
  readonly product: ProductId;
  readonly from: Generation;
  readonly to: Generation;
  readonly cells: number;
  readonly ms: number;
}

/** What is due: the states from the served view, or from nothing, up to a cut. */
export interface DueRun {
  readonly pointer: Pointer | undefined;
  readonly cut: CompleteCut;
}

/**
 * Which range a run makes. Incremental: from the generation that is served. Full: from the first record, which makes a new
 * line of base views; also where the served view is of another definition, on which this plan can't build.
 */
export function rangeOf({ hash }: Pick<Plan, 'hash'>, { pointer, cut }: DueRun): RangeHead {
  const full = cut.full || (pointer !== undefined && pointer.hash !== hash);
  const line = pointer?.line ?? 0;
  if (full) return { hash, full, line: line + 1, from: 0, to: generationBefore(cut.epoch) };
  return { hash, full, line, from: pointer?.generation ?? 0, to: generationBefore(cut.epoch) };
}

/**
 * Computes [cut from, cut to) of a product and appends it to its ranges topic.
 *
 * @param lost aborts if another instance has the run by now
 * @param late aborts if it takes longer than it may, with what it then ends with
 * @param span of the run; what it writes carries it
 * @returns null where it was given up: half a range is nothing
 * @throws TenonError `archive-damaged` if a file of the range is not what was written, `archive-removed` if it needs what is gone
 */
export async function runBatch(
  deps: RunDeps,
  manifest: ArchiveManifest,
  source: SourceDefinition,
  layout: ProductLayout,
  due: DueRun,
  lost: AbortSignal,
  late: AbortSignal | undefined,
  span?: Span,
): Promise<RunReport | null> {
  const began = deps.clock.monotonic();
  const { plan } = layout;
  const { pointer, cut } = due;
  const head = rangeOf(plan, due);
  const base: Offsets = head.full ? {} : (toVector(pointer?.cut ?? {})[source.name] ?? {});
  const writer = new RangeWriter(deps, layout, head, span);
  const losses = await deps.losses?.read(source.name);
  const archived = await archiveRanges(manifest, deps.lake, base, cut.offsets, losses);
  const { ranges, removed } = archived;
  const result = await deps.engine.aggregateArchive(source, plan, ranges, {
    ...(late !== undefined && { signal: late }),
  });
  const barriers = byLane(
    source,
    new Map([...result.ends].map(([partition, at]) => [partition, barrierTime(at)])),
  );
  const reached = { cut: byLane(source, cut.offsets), barriers };
  if (removed !== null) mustNotNeed(layout, reached, removed);
  const latest = new LatestWindow(plan);
  for await (const chunk of result.cells) {
    if (lost.aborted) return null;
    late?.throwIfAborted();
    latest.see(chunk);
    await writer.write(chunk);
  }
  const move: Move = {
    ...reached,
    epochs: byLane(source, cut.epochs),
    // What is gone with the archive's beginning is older than all that the product keeps.
    ledger: {
      ...result.ledger,
      expired: result.ledger.expired + (removed?.records ?? 0),
      ...(archived.lost > 0 && { lost: (result.ledger.lost ?? 0) + archived.lost }),
    },
    watermark: latest.micros,
  };
  await writer.commit(move);
  const ms = Math.round(deps.clock.monotonic() - began);
  return { product: layout.product, from: head.from, to: head.to, cells: writer.cells, ms };
}

/** Of records that are gone nothing may be left out that an answer would have. @throws TenonError `archive-removed` */
function mustNotNeed(
  { plan, product }: ProductLayout,
  reached: Pick<Move, 'cut' | 'barriers'>,
  { until, where }: RemovedRecords,
): void {
  if (isBehindHorizon(plan, until, horizonAt(reached, plan))) return;
  throw new TenonError(
    'archive-removed',
    `The archive of ${plan.source} has only what is younger than TENON_ARCHIVE_RETENTION (${where}), and ${product} needs what is gone.`,
    {
      hint: 'Put the archive back from a backup, or give the product a retention that the archive’s has room for, in a new version.',
    },
  );
}

const byLane = <T>({ name }: SourceDefinition, partitions: ReadonlyMap<Partition, T>): Lanes<T> =>
  lanesOf(name, Object.fromEntries(partitions));

/** The start of the latest window among the cells, microseconds. */
class LatestWindow {
  private latest: string | null = null;

  constructor(private readonly plan: Plan) {}

  see(cells: readonly PartialCell[]): void {
    if (this.plan.window === null) return;
    for (const { key } of cells) {
      const window = key[0];
      if (typeof window === 'string' && (this.latest === null || window > this.latest)) this.latest = window;
    }
  }

  get micros(): number | null {
    const { window } = this.plan;
    const begin = this.latest === null || window === null ? NaN : windowBegin(window, this.latest);
    return Number.isNaN(begin) ? null : begin;
  }
}
