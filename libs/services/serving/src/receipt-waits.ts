/**
 * Reads that wait for an event (promise 6). Hints of the bus say which offsets have landed, so that the store is asked when
 * there is something to find; hints can be lost, so it is asked from time to time as well.
 */
import type { Covers } from '@tenon/contracts';
import type { LaneKey, LaneOffsets, Offset } from '@tenon/domain';
import { covers } from '@tenon/domain';
import { HttpProblem } from '@tenon/errors';
import type { Clock } from '@tenon/ports';
import type { Layer } from '@tenon/views';
import type { ProductReader } from './reader';

/** What is waited for, and for how long. */
export interface Awaited {
  readonly wanted: LaneOffsets;
  readonly layer: Layer;
  /** By the monotonic clock. */
  readonly until: number;
  readonly signal: AbortSignal;
}

export class ReceiptWaits {
  private readonly waiting = new Set<() => void>();
  /** Lane → the offset that hints say landings have reached. */
  private readonly landed = new Map<LaneKey, Offset>();

  constructor(
    private readonly reader: Pick<ProductReader, 'includes'>,
    private readonly product: string,
    private readonly clock: Clock,
    /** How often the store is asked when no hint comes, milliseconds. */
    private readonly pollMs: number,
  ) {}

  /** @param reached what a live hint covers, if it says so */
  hinted(reached: Covers | undefined): void {
    for (const [lane, [, to]] of Object.entries(reached ?? {}))
      if (to > (this.landed.get(lane) ?? 0)) this.landed.set(lane, to);
    for (const wake of this.waiting) wake();
  }

  /**
   * Resolves once the wanted offsets are in an answer: by a look at the store, or by what hints say, which the caller checks.
   *
   * @param trusting hints are taken at their word
   * @throws HttpProblem 504 `not-yet-included`, 503 `shutting-down`
   */
  async wait(awaited: Awaited, trusting: boolean): Promise<void> {
    const { wanted, layer, until, signal } = awaited;
    let look = !this.isKnownMissing(awaited);
    while (!signal.aborted) {
      const woken = new AbortController();
      const wake = () => woken.abort();
      this.waiting.add(wake); // before looking, so that a change in between is not missed
      try {
        const over = this.clock.monotonic() >= until;
        if (trusting && this.isTold(awaited)) return;
        if ((look || over) && (await this.reader.includes(wanted, layer))) return;
        if (over) throw this.notYet();
        const pause = Math.min(this.pollMs, until - this.clock.monotonic());
        await this.clock.sleep(pause, AbortSignal.any([woken.signal, signal]));
        look = !woken.signal.aborted || !this.isKnownMissing(awaited);
      } finally {
        this.waiting.delete(wake);
      }
    }
    throw new HttpProblem(
      503,
      'shutting-down',
      'The server ends before the answer includes the event.',
      { retryable: true },
      { 'retry-after': '1' },
    );
  }

  /** Hints tell of speed's landings; what batch includes moves with the generation. */
  private isTold({ wanted, layer }: Awaited): boolean {
    return layer !== 'batch' && covers(Object.fromEntries(this.landed), wanted);
  }

  /** Hints of its lane have come, and not as far. */
  private isKnownMissing({ wanted, layer }: Awaited): boolean {
    if (layer === 'batch') return false;
    return Object.entries(wanted).some(([lane, next]) => (this.landed.get(lane) ?? next) < next);
  }

  private notYet(): HttpProblem {
    return new HttpProblem(
      504,
      'not-yet-included',
      `The receipt's events are accepted, but not yet in ${this.product}.`,
      { retryable: true },
      { 'retry-after': '1' },
    );
  }
}
