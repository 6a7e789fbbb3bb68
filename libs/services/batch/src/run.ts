/** One batch run: the states of a range of the archive, handed to the landing zone in frames. */
import type { PointerDocument, RangeFrame, WireCell } from '@tenon/contracts';
import { FrameWriter, HEADERS, TOPICS, versionText } from '@tenon/contracts';
import type { Plan, SourceDefinition } from '@tenon/domain';
import { parseTimestamp } from '@tenon/domain';
import type { Clock, Engine, EventLog, Ids, Logger, NewRecord, Span } from '@tenon/ports';
import { contextHeaders } from '@tenon/telemetry';
import type { Archiver, CompleteCut } from './archiver';

const VERSION = versionText('range');

export interface RunDeps {
  readonly log: EventLog;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly config: { readonly frameCells: number };
}

/** What a run did, for the log and the status. */
export interface RunReport {
  readonly product: string;
  readonly from: number;
  readonly to: number;
  readonly cells: number;
  readonly ms: number;
}

/** How many frames are appended at a time. */
const FRAMES_PER_APPEND = 8;

/**
 * Computes [cut from, cut to) of a product and appends it to its states topic. Incremental: from the generation that
 * is served. Full: from the first record, which makes a new line of base views.
 *
 * @param lost aborts if another instance has the run by now
 * @param span of the run; the frames carry it
 * @returns null where it was given up: half a range is nothing
 */
export async function runBatch(
  deps: RunDeps,
  archiver: Archiver,
  source: SourceDefinition,
  plan: Plan,
  pointer: PointerDocument | undefined,
  cut: CompleteCut,
  lost: AbortSignal,
  span?: Span,
): Promise<RunReport | null> {
  const began = deps.clock.monotonic();
  // A pointer of another definition is a base that this plan cannot build on.
  const full = cut.full || (pointer !== undefined && pointer.hash !== plan.hash);
  const from = full ? 0 : (pointer?.generation ?? 0);
  const cutFrom = full ? {} : (pointer?.cut ?? {});
  const topic = TOPICS.states(plan.product);
  const head = {
    type: 'range' as const,
    product: plan.product,
    version: plan.version,
    hash: plan.hash,
    id: deps.ids.next(),
    from,
    to: cut.epoch,
    full,
    line: (pointer?.line ?? 0) + (full ? 1 : 0),
  };
  const writer = new FrameWriter<RangeFrame>(head, deps.config.frameCells);

  const headers = { [HEADERS.version]: VERSION, ...contextHeaders(span) };
  const append = async (values: Iterable<string>): Promise<void> => {
    let records: NewRecord[] = [];
    for (const value of values) {
      records.push({ partition: 0, key: plan.product, value, headers });
      if (records.length < FRAMES_PER_APPEND) continue;
      await deps.log.append(topic, records, { ack: 'relaxed' });
      records = [];
    }
    if (records.length > 0) await deps.log.append(topic, records, { ack: 'relaxed' });
  };

  const result = await deps.engine.aggregateArchive(
    source,
    plan,
    await archiver.ranges(cutFrom, cut.offsets),
  );
  let cells = 0;
  let latest: string | null = null;
  for await (const chunk of result.cells) {
    if (lost.aborted) return null;
    cells += chunk.length;
    for (const { key } of chunk) {
      const window = key[0];
      if (plan.window !== null && typeof window === 'string' && (latest === null || window > latest))
        latest = window;
    }
    await append(writer.write(chunk.map((cell): WireCell => [cell.key, cell.states])));
  }
  if (lost.aborted) return null;
  await append(
    writer.finish([], {
      cutFrom,
      cutTo: cut.offsets,
      epochs: cut.epochs,
      ledger: result.ledger,
      watermark: latest === null ? null : (parseTimestamp(latest) ?? null),
    }),
  );
  return {
    product: plan.product,
    from,
    to: cut.epoch,
    cells,
    ms: Math.round(deps.clock.monotonic() - began),
  };
}
