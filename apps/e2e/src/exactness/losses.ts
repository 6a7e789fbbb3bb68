/** What was taken from the log and the archive of a world, and what may be said of it: nothing else may be in trouble. */
import type { Offset, Partition } from '@tenon/domain';
import type { Trouble } from '@tenon/ports';
import type { AcceptedLog } from './accepted';

/** Records that were deleted: [from, to). */
export interface Lost {
  readonly source: string;
  readonly partition: Partition;
  readonly from: Offset;
  readonly to: Offset;
}

export class Losses {
  /** Ids of topics that an operator has accepted. */
  readonly accepted: string[] = [];
  /** Topics that are others for the time being: what is appended there is no event of the source. */
  readonly strays = new Set<string>();
  private readonly gone: Lost[] = [];
  private readonly replaced = new Set<string>();
  private damagedFiles = 0;

  /** Records that the archive had not, when they were deleted. */
  readonly holes: Lost[] = [];

  delete(lost: Lost, archivedTo: Offset): void {
    this.gone.push(lost);
    if (lost.to > archivedTo) this.holes.push({ ...lost, from: Math.max(lost.from, archivedTo) });
  }

  replace(source: string): void {
    this.replaced.add(source);
  }

  damage(): void {
    this.damagedFiles += 1;
  }

  holesOf(source: string): readonly Lost[] {
    return this.holes.filter((one) => one.source === source);
  }

  /** True for a trouble that something which was injected explains, at the place where it was. */
  explains({ code, layer, source, partition, from, to }: Omit<Trouble, 'since'>): boolean {
    // Consumption says it of a product as a whole.
    if (code === 'log-replaced')
      return source === undefined ? this.replaced.size > 0 : this.replaced.has(source);
    // Or the engine says it of a file that was damaged after it had been found to be what was written.
    if (code === 'archive-damaged' || (code === 'engine-failed' && layer === 'batch'))
      return this.damagedFiles > 0;
    if (code !== 'log-hole' && code !== 'dedupe-hole') return false;
    // A damaged archive does not have what the log has let go.
    const missing = this.damagedFiles > 0 ? this.gone : this.holes;
    const lane = missing.filter((one) => one.source === source && one.partition === partition);
    return lane.some((one) => (from ?? 0) < one.to && one.from < (to ?? 0));
  }

  /** False once a reader may have begun without records whose ids come again: it cannot know the repeats. */
  knowsRepeats(log: AcceptedLog): boolean {
    const missing = this.damagedFiles > 0 ? this.gone : this.holes;
    return !missing.some(
      ({ source, partition, from, to }) => source === log.source && log.repeats(partition, from, to),
    );
  }
}
