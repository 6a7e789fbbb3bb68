/**
 * Cuts: barrier k into every partition of every source. Half a cut does no harm, since the next one has a higher number
 * and ends the epochs that this one left open.
 */
import type { Barrier, CutRecord } from '@tenon/contracts';
import { BARRIER, HEADERS, SUBJECTS, TOPICS, versionText } from '@tenon/contracts';
import type { Epoch, Offset, OffsetVector, Offsets, SourceDefinition } from '@tenon/domain';
import { LogLost, Unavailable } from '@tenon/errors';
import type { Bus, Clock, EventLog, Logger, Span, Tracer } from '@tenon/ports';
import type { PassedOver } from '@tenon/telemetry';
import { NO_TRACER, contextHeaders, within } from '@tenon/telemetry';
import { highestOfOthers, readCutHistory } from './epochs';

export interface CutDeps {
  readonly log: EventLog;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly sources: readonly SourceDefinition[];
  readonly tracer?: Tracer;
  readonly passedOver?: PassedOver;
}

export interface Cut {
  readonly epoch: Epoch;
  /** The offsets after the barriers. */
  readonly offsets: OffsetVector;
}

/** The others are cut: a source whose topic is not what it was must not stop them. */
function orLost(error: unknown): null {
  if (error instanceof LogLost) return null;
  throw error;
}

/** How often a cut is made again because of others, before that is an error. */
const MAX_TRIES = 20;

/** More records than are written in a period. */
const RECENT_CUTS = 100;

interface Queued {
  full: boolean;
  readonly cut: Promise<Cut>;
}

export class Cutter {
  private taken: Epoch = 0;
  private latest: Cut | null = null;
  private running: Promise<unknown> = Promise.resolve();
  /** The cut that waits for the running one; whoever asks meanwhile shares it. */
  private queued: Queued | null = null;

  constructor(private readonly deps: CutDeps) {}

  async start(): Promise<void> {
    await this.deps.log.ensureTopic({ name: TOPICS.cuts, partitions: 1 });
    const strange = (offset: Offset) =>
      this.deps.passedOver?.add('cut', { topic: TOPICS.cuts, partition: 0, offset });
    this.taken = (await readCutHistory(this.deps.log, undefined, strange)).taken;
  }

  /** The last cut that this process has made. */
  last(): Cut | null {
    return this.latest;
  }

  /**
   * Makes a cut that lies after everything that was acknowledged before the call. So a call never shares the cut that is
   * being written, only one that has yet to begin.
   *
   * @param full batch shall compute everything before it anew
   * @param trace the traceparent of who asks; where several share a cut, that of the first counts
   * @throws Unavailable if the log is down; the number stays taken
   */
  cut(full: boolean, trace?: string): Promise<Cut> {
    if (this.queued !== null) {
      this.queued.full ||= full;
      return this.queued.cut;
    }
    const cut = this.running.then(() => {
      const asked = this.queued?.full ?? full;
      this.queued = null;
      return this.traced(asked, trace);
    });
    this.queued = { full, cut };
    this.running = cut.catch(() => undefined);
    return cut;
  }

  /**
   * Is a cut due by the schedule? Not if another process has made one since this one last knew of any: so of several with
   * the same schedule one cuts, and where it ends another goes on after a period or two. Nor if nothing has come since.
   */
  async due(): Promise<boolean> {
    const { taken, written } = await readCutHistory(this.deps.log, RECENT_CUTS);
    const isOthers = taken > this.taken;
    this.taken = Math.max(this.taken, taken);
    if (isOthers) return false;
    // One that was begun and not written may stand in some partitions only: the next one puts that right.
    return written === null || written.epoch < taken || !(await this.nothingSince(written.offsets ?? {}));
  }

  private async nothingSince(offsets: OffsetVector): Promise<boolean> {
    for (const { name } of this.deps.sources) {
      const end = await this.deps.log.endOffsets(TOPICS.events(name)).catch(orLost);
      if (end === null) continue;
      if (Object.entries(end).some(([partition, next]) => next !== offsets[name]?.[partition])) return false;
    }
    return true;
  }

  /** Resolves when no cut is being written. */
  async settled(): Promise<void> {
    await this.running;
  }

  private traced(full: boolean, trace: string | undefined): Promise<Cut> {
    const { tracer = NO_TRACER } = this.deps;
    const span = tracer.start('cut', { parent: trace, attributes: { 'tenon.full': full } });
    return within(span, () => this.write(full, span));
  }

  /**
   * Where another process cuts at the same time, a barrier of its may stand before this one's and make it void, and with
   * it the promise of what lies before this cut. Whoever does that has begun before: then this one cuts again. The barriers
   * of one that begins later lie after all that was acknowledged before this call, so of two one need not; but they may
   * stand before this one's, and do not say `full`.
   */
  private async write(full: boolean, span: Span): Promise<Cut> {
    const { clock, log } = this.deps;
    const at = clock.now();
    for (let tries = 1; ; tries++) {
      const epoch = (this.taken += 1);
      const begunAt = await this.record({ v: 1, type: 'begun', epoch, at, ...(full && { full }) });
      const offsets = await this.barAll({ v: 1, type: 'barrier', epoch, at, ...(full && { full }) }, span);
      const taken = await highestOfOthers(log, begunAt, full);
      if (taken >= epoch) {
        if (tries >= MAX_TRIES) throw new Unavailable('Other processes cut all the time.');
        this.taken = taken;
        continue;
      }
      const record: CutRecord = { v: 1, type: 'written', epoch, at, offsets, ...(full && { full }) };
      await this.record(record);
      span.set({ 'tenon.epoch': epoch });
      return this.tell({ epoch, offsets }, record, span);
    }
  }

  private tell(cut: Cut, record: CutRecord, span: Span): Cut {
    const { bus, logger } = this.deps;
    const { epoch, offsets } = cut;
    this.latest = cut;
    bus.publish(SUBJECTS.cut, { ...record } as Parameters<Bus['publish']>[1], contextHeaders(span));
    logger.info({ epoch, full: record.full === true, offsets }, 'cut');
    return cut;
  }

  /** @returns the record's offset */
  private async record(record: CutRecord): Promise<Offset> {
    const headers = { [HEADERS.version]: versionText('cut') };
    const [offset] = await this.deps.log.append(TOPICS.cuts, [
      { partition: 0, key: null, value: JSON.stringify(record), headers },
    ]);
    return offset ?? 0;
  }

  private async barAll(barrier: Barrier, span: Span): Promise<OffsetVector> {
    const { sources, logger } = this.deps;
    const written = await Promise.all(
      sources.map(async (source) => {
        const offsets = await this.bar(source, barrier, span).catch(orLost);
        if (offsets !== null) return [[source.name, offsets] as const];
        logger.error({ source: source.name }, 'a cut leaves out a source whose topic is not what it was');
        return [];
      }),
    );
    return Object.fromEntries(written.flat());
  }

  /** @returns partition → the offset after its barrier */
  private async bar(source: SourceDefinition, barrier: Barrier, span: Span): Promise<Offsets> {
    const value = JSON.stringify(barrier);
    const headers = {
      [HEADERS.control]: BARRIER,
      [HEADERS.version]: versionText('barrier'),
      ...contextHeaders(span),
    };
    const records = Array.from({ length: source.partitions }, (_, partition) => ({
      partition,
      key: null,
      value,
      headers,
    }));
    const offsets = await this.deps.log.append(TOPICS.events(source.name), records);
    return Object.fromEntries(offsets.map((offset, partition) => [String(partition), offset + 1]));
  }
}
