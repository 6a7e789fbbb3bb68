/** What consumption tells the others: hints, which may be lost. */
import type { PointerDocument } from '@tenon/contracts';
import { SUBJECTS, generationHint, liveHint, replayHint } from '@tenon/contracts';
import type { Bus, Clock, Logger, Span } from '@tenon/ports';
import { contextHeaders } from '@tenon/telemetry';
import type { Landed } from './steps';
import { HINT_CELLS } from './steps';

/** A gap is in every flush until the replay comes, milliseconds. */
const ASK_EVERY = 2000;

export class Hints {
  private askedAt = -Infinity;

  constructor(
    private readonly deps: { readonly bus: Bus; readonly clock: Clock; readonly logger: Logger },
    private readonly product: string,
  ) {}

  /** Cells have changed. */
  changed({ cells, covers }: Landed, span: Span | undefined): void {
    const names = cells.length > HINT_CELLS ? null : [...new Set(cells)];
    this.deps.bus.publish(SUBJECTS.live(this.product), liveHint(names, covers), contextHeaders(span));
  }

  /** A generation is served. */
  served({ generation, line }: PointerDocument, span: Span | undefined): void {
    const { bus, logger } = this.deps;
    const context = contextHeaders(span);
    bus.publish(SUBJECTS.generation(this.product), generationHint(generation, line), context);
    bus.publish(SUBJECTS.live(this.product), liveHint(null), context);
    logger.info({ product: this.product, generation, line }, 'generation is served');
  }

  /** Flushes did not join on. */
  gaps(partitions: ReadonlySet<number>): void {
    const now = this.deps.clock.monotonic();
    if (partitions.size === 0 || now - this.askedAt <= ASK_EVERY) return;
    this.askedAt = now;
    this.askForReplay([...partitions]);
  }

  /** Asks speed to read partitions again from their cut. */
  askForReplay(partitions: readonly number[]): void {
    if (partitions.length === 0) return;
    const { bus, logger } = this.deps;
    for (const partition of partitions) bus.publish(SUBJECTS.replay(this.product), replayHint(partition));
    logger.warn({ product: this.product, partitions }, 'a flush went missing, asking speed to replay');
  }
}
