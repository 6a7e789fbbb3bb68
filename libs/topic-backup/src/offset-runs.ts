/** Which offset became which: runs of neighbours that stayed neighbours. */
import type { OffsetRun, RunFileWriter } from '@tenon/ports';
import { inTurn } from './side-by-side';

const CHUNK = 2048;

type OpenRun = OffsetRun & { to: number };

export class OffsetRuns {
  private readonly open = new Map<number, OpenRun>();
  private done: OffsetRun[] = [];
  private readonly turn = inTurn();
  /** Every record has the offset that it had. */
  kept = true;

  constructor(private readonly writer: RunFileWriter) {}

  /** To be told of each record, in the order of its old partition. */
  record(partition: number, offset: number, newPartition: number, newOffset: number): void {
    const run = this.open.get(partition);
    if (
      run?.to === offset &&
      run.newPartition === newPartition &&
      run.newFrom + offset - run.from === newOffset
    ) {
      run.to = offset + 1;
      return;
    }
    if (offset !== newOffset || partition !== newPartition) this.kept = false;
    if (run !== undefined) this.done.push(run);
    this.open.set(partition, { partition, from: offset, to: offset + 1, newPartition, newFrom: newOffset });
  }

  /** To be called now and then. */
  async flush(): Promise<void> {
    if (this.done.length < CHUNK) return;
    const { done } = this;
    this.done = [];
    await this.turn(() => this.writer.add(done));
  }

  async finish(path: string): Promise<void> {
    await this.turn(() => this.writer.add([...this.done, ...this.open.values()]));
    await this.writer.finish(path);
  }
}
