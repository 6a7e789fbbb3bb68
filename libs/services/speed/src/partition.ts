/**
 * One partition in the speed layer: how its records are judged, and the open epoch of each product. All of it can be lost: it
 * is replayed from the last cut.
 */
import type { EpochCursor, Lane, ProductId } from '@tenon/domain';
import { PartitionJudge } from '@tenon/domain';
import type { ProductLayout } from '@tenon/views';
import { ProductEpoch } from './product-epoch';

export class LivePartition {
  readonly judge: PartitionJudge;
  readonly products = new Map<ProductId, ProductEpoch>();
  /** Its name in errors. */
  readonly place: string;

  /** @param cursor where it begins: records before are read for the dedupe window only */
  constructor(
    readonly lane: Lane,
    cursor: EpochCursor,
    dedupeWindow: number,
    private readonly layouts: readonly ProductLayout[],
  ) {
    this.judge = new PartitionJudge(cursor, cursor.start, dedupeWindow);
    this.place = `${lane.source}, partition ${lane.partition}`;
    this.beginEpoch();
  }

  /** Begins the judge's epoch with no states. */
  beginEpoch(): void {
    const { epoch, start } = this.judge.cursor;
    for (const layout of this.layouts)
      this.products.set(layout.product, new ProductEpoch(layout, epoch, start));
  }
}
