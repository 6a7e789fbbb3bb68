/**
 * Looks from time to time at what hints may not have told: which generation other instances serve, and whether a lane of this
 * instance stands still although the log has more (see StallWatch).
 */
import type { ReplayRequest } from '@tenon/contracts';
import { TOPICS } from '@tenon/contracts';
import { isPassing } from '@tenon/errors';
import type { Lane, LaneKey, LaneOffsets, Pointer } from '@tenon/domain';
import { lanesOf, parseLane } from '@tenon/domain';
import type { TellRest } from '@tenon/loops';
import { Periodic } from '@tenon/loops';
import type { ProductLayout } from '@tenon/views';
import { includedIn, readView } from '@tenon/views';
import type { ConsumptionDeps } from './deps';
import { StallWatch } from './stall';

/** Milliseconds. */
const LOOK_EVERY = 2000;

export interface Watched {
  /** True if this instance lands the lane's flushes. */
  readonly has: (lane: Lane) => boolean;
  /** Lanes of which flushes are in the log that have not landed yet: they are late, and not missing. */
  readonly landing: () => Promise<readonly LaneKey[]>;
  /** With what is included of each. */
  readonly stalled: (lanes: readonly ReplayRequest[]) => void;
  readonly served: (pointer: Pointer) => void;
}

export class Watch {
  private readonly stall: StallWatch;
  private readonly looking: Periodic;

  constructor(
    private readonly deps: ConsumptionDeps,
    private readonly layout: ProductLayout,
    private readonly watched: Watched,
    alone?: TellRest,
  ) {
    this.stall = new StallWatch(deps.config.stallMs);
    this.looking = new Periodic(
      deps,
      `watch ${layout.product}`,
      () => LOOK_EVERY,
      () => this.look(),
      alone,
    );
  }

  get done(): Promise<void> {
    return this.looking.done;
  }

  get trouble(): string | null {
    return this.looking.trouble;
  }

  start(): void {
    this.looking.start();
  }

  /** Lanes of which something came that had landed before, or is still to land. */
  replayed(lanes: Iterable<LaneKey>): void {
    this.stall.replayed(this.deps.clock.monotonic(), lanes);
  }

  private async look(): Promise<void> {
    const { store, clock } = this.deps;
    // Before the view: what lands in between is in it.
    const landing = await this.unlessAway(() => this.watched.landing());
    const view = await store.snapshot((snapshot) => readView(snapshot, this.layout));
    this.watched.served(view.base.pointer);
    const end = await this.unlessAway(() => this.ends());
    if (end === null || landing === null) return;
    const included = includedIn(view);
    this.replayed(landing);
    const stalled = this.stall
      .check(clock.monotonic(), included, end)
      .map((key) => ({ ...parseLane(key), included: included[key] ?? 0 }));
    this.watched.stalled(stalled.filter(this.watched.has));
  }

  private async ends(): Promise<LaneOffsets> {
    const ends = await Promise.all(
      this.layout.sources.map(async (source) =>
        lanesOf(source, await this.deps.log.endOffsets(TOPICS.events(source))),
      ),
    );
    return Object.assign({}, ...ends);
  }

  /** Null with the log away: then nothing can be told, and nothing is lost by looking later. */
  private async unlessAway<T>(ask: () => Promise<T>): Promise<T | null> {
    try {
      return await ask();
    } catch (error) {
      if (isPassing(error)) return null;
      throw error;
    }
  }

  stop(): Promise<void> {
    return this.looking.stop();
  }
}
