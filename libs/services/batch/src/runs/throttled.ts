/**
 * Runs of a version that may be built by so many events a second at most: up to a cut that some seconds' events lie before, and then
 * a rest. So it is the mean that holds; what lies between two cuts is read at once.
 */
import type { ArchiveManifest, CompleteCut } from '@tenon/archive';
import type { Offset, Offsets, Partition, Plan, Pointer, ProductId } from '@tenon/domain';
import { epochAfter, idOf } from '@tenon/domain';
import type { Clock } from '@tenon/ports';
import type { ReadThrottle } from '@tenon/views';

/** A run takes the events of so many seconds, where cuts are that near. */
const SECONDS = 10;

export class ThrottledRuns {
  /** Until when products rest, by the monotonic clock. */
  private readonly resting = new Map<ProductId, number>();

  constructor(
    private readonly clock: Clock,
    private readonly read: ReadThrottle | undefined,
    private readonly manifest: Pick<ArchiveManifest, 'cutWithin' | 'cutAt'>,
  ) {}

  /**
   * The cut that a run goes up to, and until when the product rests then; null: it rests.
   *
   * @param served what the run builds on @param base where it begins @param latest how far it would go
   */
  async upTo(
    plan: Plan,
    served: Pick<Pointer, 'generation' | 'at'> | undefined,
    base: Offsets,
    latest: CompleteCut,
  ): Promise<CompleteCut | null> {
    const rate = (await this.read?.([plan])) ?? null;
    const product = idOf(plan);
    if (rate === null) {
      this.resting.delete(product);
      return latest;
    }
    if (!this.resting.has(product)) this.resting.set(product, await this.restOf(served, base, rate));
    if ((this.resting.get(product) ?? -Infinity) > this.clock.monotonic()) return null;
    return (await this.manifest.cutWithin(served?.generation ?? 0, base, rate * SECONDS)) ?? latest;
  }

  /** Whoever made the last run may have ended since: it took some seconds' events at most, or those before one cut. */
  private async restOf(
    served: Pick<Pointer, 'generation' | 'at'> | undefined,
    base: Offsets,
    rate: number,
  ): Promise<number> {
    if (served === undefined || served.generation === 0) return -Infinity;
    const last = epochAfter(served.generation);
    const before = last > 1 ? (await this.manifest.cutAt(last - 1)).offsets : new Map<Partition, Offset>();
    const records = Object.entries(base).reduce(
      (sum, [partition, to]) => sum + to - (before.get(Number(partition)) ?? 0),
      0,
    );
    const ms = (Math.max(records, rate * SECONDS) * 1000) / rate;
    // Clocks of several instances differ: no rest is longer.
    const left = Math.min(ms, served.at + ms - this.clock.now());
    return this.clock.monotonic() + left;
  }

  /** A run has read what lies before the cut. @param ms what it took */
  async ran(plan: Plan, base: Offsets, { offsets }: CompleteCut, ms: number): Promise<void> {
    const rate = (await this.read?.([plan])) ?? null;
    if (rate === null) return;
    const records = [...offsets].reduce(
      (sum, [partition, to]) => sum + to - (base[String(partition)] ?? 0),
      0,
    );
    this.resting.set(idOf(plan), this.clock.monotonic() - ms + (records * 1000) / rate);
  }
}
