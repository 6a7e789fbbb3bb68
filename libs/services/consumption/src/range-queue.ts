/**
 * Ranges of batch that were read and wait to land. Flushes go first: they are what somebody waits for, while a range makes
 * nothing visible before its last frame. The offsets to resume at stay at the first frame of a range until it has landed.
 */
import type { RangeStep } from './steps';

/** Of what waits, the part that a transaction takes along with flushes: a large range must not take for ever. */
const SHARE = 1 / 64;

export interface RangeQueueConfig {
  /** Cells of ranges that a transaction takes along with flushes, at least. */
  readonly rangeCells: number;
  /** Cells that may wait: more of them land as they come. */
  readonly maxRangeCells: number;
}

interface Waiting {
  readonly partition: number;
  /** Of the range's first frame. */
  readonly from: number;
  /** Of its own frame. */
  readonly offset: number;
  readonly step: RangeStep;
}

export class RangeQueue {
  private waiting: Waiting[] = [];
  /** How many cells wait. */
  private cells = 0;

  constructor(private readonly config: RangeQueueConfig) {}

  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  /**
   * @param from the offset of the range's first frame
   * @param offset of this one
   */
  add(partition: number, from: number, offset: number, step: RangeStep): void {
    this.waiting.push({ partition, from, offset, step });
    this.cells += step.cells.length;
  }

  /** How many cells of it a transaction takes that lands flushes as well. */
  get share(): number {
    const { rangeCells, maxRangeCells } = this.config;
    return Math.max(rangeCells, Math.ceil(this.cells * SHARE), this.cells - maxRangeCells);
  }

  /** Takes the first cells, and what has none before the next ones. A frame is divided where need be. */
  take(cells: number): { readonly steps: RangeStep[]; readonly partitions: ReadonlySet<number> } {
    const steps: RangeStep[] = [];
    const partitions = new Set<number>();
    let left = cells;
    for (let first = this.waiting[0]; first !== undefined; first = this.waiting[0]) {
      const { partition, step } = first;
      const { length } = step.cells;
      if (length > 0 && left <= 0) break;
      partitions.add(partition);
      if (length <= left) {
        this.waiting.shift();
        steps.push(step);
      } else {
        this.waiting[0] = { ...first, step: { ...step, cells: step.cells.slice(left) } };
        steps.push({ ...step, cells: step.cells.slice(0, left), whole: false });
      }
      const taken = Math.min(length, left);
      left -= taken;
      this.cells -= taken;
    }
    return { steps, partitions };
  }

  /** Where to read a partition from after a restart, if nothing of it waited: `otherwise`. */
  resumeAt(partition: number, otherwise: number): number {
    return this.waiting.reduce(
      (least, one) => (one.partition === partition ? Math.min(least, one.from) : least),
      otherwise,
    );
  }

  /** The next offset to land of a partition, if nothing of it waited: `otherwise`. */
  nextOf(partition: number, otherwise: number): number {
    return this.waiting.find((one) => one.partition === partition)?.offset ?? otherwise;
  }

  /** Forgets what waits of a partition: it is another instance's now, or is read anew. */
  drop(partition: number): void {
    this.waiting = this.waiting.filter((one) => one.partition !== partition);
    this.cells = this.waiting.reduce((sum, { step }) => sum + step.cells.length, 0);
  }
}
