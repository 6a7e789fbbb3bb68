/**
 * The one judgement of a record. Both layers read the same partitions and must agree on every record (promise 2), so what a
 * record is gets decided here, from the records of its partition alone: those before it within the dedupe window, and the
 * barriers.
 */
import type { Epoch, Offset } from '../numbers';
import type { EpochCursor } from './cuts';
import { passBarrier } from './cuts';
import { DedupeWindow } from './dedupe';

/**
 * `before`: it stands before the offset that the reader begins at, and was read for the dedupe window only.
 * `barrier`: the control record that ended the epoch; `control`: any other one, ignored barriers too. `lost`: there is no such
 * record any more, and its loss was accepted.
 */
export type Judgement = 'event' | 'duplicate' | 'conflict' | 'control' | 'barrier' | 'lost' | 'before';

export class PartitionJudge {
  private readonly dedupe: DedupeWindow;
  private at: EpochCursor;
  private from: Offset;

  /**
   * @param cursor the epoch of the record at `next`
   * @param next the first offset that counts
   * @param window of the source's dedupe rule, in offsets
   */
  constructor(
    cursor: EpochCursor,
    next: Offset,
    private readonly window: number,
  ) {
    this.at = cursor;
    this.from = next;
    this.dedupe = new DedupeWindow(window);
  }

  /** Where a reader must begin so that the verdicts from `next` on are everybody's. */
  get readFrom(): Offset {
    return Math.max(0, this.from - this.window);
  }

  /** The next offset that counts. */
  get next(): Offset {
    return this.from;
  }

  /** The epoch that the record at `next` belongs to. */
  get cursor(): EpochCursor {
    return this.at;
  }

  /**
   * Judges a record that is no control record. Records come in the order of their offsets.
   *
   * @param identity see `DedupeWindow.check`; undefined: it has none, so it is nobody's duplicate
   */
  event(offset: Offset, identity: Uint8Array | undefined): Judgement {
    const verdict = identity === undefined ? 'new' : this.dedupe.check(offset, identity);
    if (offset < this.from) return 'before';
    this.from = offset + 1;
    return verdict === 'new' ? 'event' : verdict;
  }

  /** Judges what stands in for a record that is gone. */
  lost(offset: Offset): Judgement {
    if (offset < this.from) return 'before';
    this.from = offset + 1;
    return 'lost';
  }

  /** Goes on behind records that are gone and that nobody counts. */
  passOver(to: Offset): void {
    this.from = Math.max(this.from, to);
  }

  /** Judges a control record. @param barrier the epoch that it begins; null: it is of another kind */
  control(offset: Offset, barrier: Epoch | null): Judgement {
    if (offset < this.from) return 'before';
    this.from = offset + 1;
    const passed = barrier === null ? null : passBarrier(this.at, barrier, offset);
    if (passed === null) return 'control';
    this.at = passed;
    return 'barrier';
  }
}
