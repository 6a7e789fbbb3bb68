/** What consumption tells the others: hints, which may be lost. */
import type { ReplayRequest } from '@tenon/contracts';
import { SUBJECTS, generationHint, liveHint, replayHint } from '@tenon/contracts';
import type { Lane, LaneKey, Pointer, ProductId } from '@tenon/domain';
import { parseLane } from '@tenon/domain';
import type { Bus, Clock, Logger, Span } from '@tenon/ports';
import { contextHeaders } from '@tenon/telemetry';
import type { LandedFlushes } from './landing/flushes';
import { HINT_CELLS } from './landing/flushes';

/** A gap is in every flush until the replay comes, milliseconds. */
const ASK_EVERY = 2000;

/** Characters of the cells in a hint: NATS takes 1 MB of a message. */
const HINT_CHARS = 500_000;

const isLong = (cells: readonly string[]) =>
  cells.length > HINT_CELLS || cells.reduce((sum, { length }) => sum + length, 0) > HINT_CHARS;

export class Hints {
  private askedAt = -Infinity;

  constructor(
    private readonly deps: { readonly bus: Bus; readonly clock: Clock; readonly logger: Logger },
    private readonly product: ProductId,
    /** Others who may have the lanes, to be asked as well. */
    private readonly alsoAsk: (lanes: readonly Lane[]) => void,
  ) {}

  /** Cells have changed, or something is missing. */
  landed(landed: LandedFlushes, span: Span | undefined): void {
    this.gaps(landed.gaps);
    if (landed.counts.applied === 0) return;
    const names = isLong(landed.cells) ? null : [...new Set(landed.cells)];
    const hint = liveHint(names, landed.covers);
    this.deps.bus.publish(SUBJECTS.live(this.product), hint, contextHeaders(span));
  }

  /** A generation is served. */
  served({ generation, line }: Pointer, span: Span | undefined): void {
    const { bus, logger } = this.deps;
    const context = contextHeaders(span);
    bus.publish(SUBJECTS.generation(this.product), generationHint(generation, line), context);
    bus.publish(SUBJECTS.live(this.product), liveHint(null), context);
    logger.info({ product: this.product, generation, line }, 'generation is served');
  }

  /** Flushes did not join on. */
  private gaps(lanes: ReadonlySet<LaneKey>): void {
    const now = this.deps.clock.monotonic();
    if (lanes.size === 0 || now - this.askedAt <= ASK_EVERY) return;
    this.askedAt = now;
    this.askForReplay([...lanes].map(parseLane));
  }

  /** Asks speed to read lanes again from their cut; where they stand still, if it has flushed more of them. */
  askForReplay(lanes: readonly ReplayRequest[]): void {
    if (lanes.length === 0) return;
    const { bus, logger } = this.deps;
    for (const lane of lanes) bus.publish(SUBJECTS.replay(this.product), replayHint(lane));
    this.alsoAsk(lanes);
    const isSure = lanes.some(({ included }) => included === undefined);
    if (isSure) logger.warn({ product: this.product, lanes }, 'a flush went missing, asking speed to replay');
    else
      logger.info(
        { product: this.product, lanes },
        'lanes stand still, asking speed whether a flush went missing',
      );
  }
}
