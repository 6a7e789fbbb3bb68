/** The cells of a micro-batch, by partition: as many as there may be, however many rows they are made of. */
import type { DuckDBDataChunk } from '@duckdb/node-api';
import type { Partition, Plan } from '@tenon/domain';
import { idOf, mergeInto } from '@tenon/domain';
import { epochTooLarge } from '@tenon/errors';
import type { PartialCell } from '@tenon/ports';
import { columnOf } from '../sql/read';
import { cellNamer, cellsOf } from './partial';

/** A cell of one partition, and how many rows it was made of. */
export interface LiveCell {
  readonly partition: Partition;
  readonly cell: PartialCell;
  n: number;
}

/** @throws TenonError `epoch-too-large` before so many are made */
export function liveCells(plan: Plan, chunks: readonly DuckDBDataChunk[], mostCells: number): LiveCell[] {
  const rows = chunks.reduce((sum, { rowCount }) => sum + rowCount, 0);
  if (rows > mostCells) throw epochTooLarge(idOf(plan), mostCells);
  return chunks.flatMap((chunk) => {
    const partition = columnOf(chunk, 0);
    const { cells, counts } = cellsOf(plan, chunk, 1);
    return cells.map((cell, row) => ({ partition: Number(partition(row)), cell, n: counts[row]! }));
  });
}

/** Cells of disjoint rows, merged as they come. */
export class MergedCells {
  private readonly partitions = new Map<Partition, Map<string, LiveCell>>();
  private readonly nameOf: ReturnType<typeof cellNamer>;
  private size = 0;

  constructor(
    private readonly plan: Plan,
    private readonly mostCells: number,
  ) {
    this.nameOf = cellNamer(plan);
  }

  /** @throws TenonError `epoch-too-large` */
  add(cells: readonly LiveCell[]): this {
    for (const { partition, cell, n } of cells) {
      let known = this.partitions.get(partition);
      if (known === undefined) this.partitions.set(partition, (known = new Map()));
      const name = this.nameOf(cell.key);
      const same = known.get(name);
      if (same !== undefined) {
        same.n += n;
        mergeInto(this.plan.states, same.cell.states, cell.states);
        continue;
      }
      this.size += 1;
      if (this.size > this.mostCells) throw epochTooLarge(idOf(this.plan), this.mostCells);
      known.set(name, { partition, cell: { key: cell.key, states: [...cell.states] }, n });
    }
    return this;
  }

  all(): LiveCell[] {
    return [...this.partitions.values()].flatMap((cells) => [...cells.values()]);
  }
}
