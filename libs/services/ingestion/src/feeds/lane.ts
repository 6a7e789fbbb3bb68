/** One partition of a stream that others write, as this instance takes it. */
import type { Offset } from '@tenon/domain';
import type { OffsetSet } from './offset-set';

export class Lane {
  /** How far it was noted. */
  noted: Offset;
  /** Up to here everything is decided in the stream; null: not known yet. */
  end: Offset | null = null;
  /** Why nothing of it is read, in words; null: it is read. */
  standing: string | null = null;

  /**
   * @param name `<stream>/<partition>`
   * @param next the first offset that was not taken
   * @param taken offsets from there on that stand in the log all the same
   */
  constructor(
    readonly name: string,
    public next: Offset,
    private readonly taken: OffsetSet,
  ) {
    this.noted = next;
  }

  /** True if the record stands in the log, or among the dead letters, since before this instance had the lane. */
  has(offset: Offset): boolean {
    return !this.taken.isEmpty && this.taken.has(offset);
  }

  /** All before this offset has been taken. */
  passed(next: Offset): void {
    if (next <= this.next) return;
    this.next = next;
    if (!this.taken.isEmpty) this.taken.forget(next);
  }
}
