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
  /** The products that are folded here, each with its open epoch; the others catch up with them elsewhere. */
  readonly products = new Map<ProductId, ProductEpoch>();
  /** When the last barrier that it has passed was appended, milliseconds since 1970; null: it has passed none yet. */
  barrierAt: number | null = null;
  /** Its name in errors. */
  readonly place: string;

  /** @param cursor where it begins: records before are read for the dedupe window only */
  constructor(
    readonly lane: Lane,
    cursor: EpochCursor,
    dedupeWindow: number,
    layouts: readonly ProductLayout[],
  ) {
    this.judge = new PartitionJudge(cursor, cursor.start, dedupeWindow);
    this.place = `${lane.source}, partition ${lane.partition}`;
    for (const layout of layouts) this.begin(layout);
  }

  /** Begins the judge's epoch with no states. */
  beginEpoch(): void {
    for (const { layout } of [...this.products.values()]) this.begin(layout);
  }

  private begin(layout: ProductLayout): void {
    const { epoch, start } = this.judge.cursor;
    this.products.set(layout.product, new ProductEpoch(layout, epoch, start));
  }

  /** Cells of the open epoch of a product; absent: of all. */
  cells(product?: ProductId): number {
    if (product !== undefined) return this.products.get(product)?.size ?? 0;
    return [...this.products.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** True if both have judged the same records: what is folded in one can go on in the other. */
  meets({ judge }: LivePartition): boolean {
    return judge.next === this.judge.next;
  }

  /** Goes on with the products of another one of the same lane, which it meets. */
  join(other: LivePartition): void {
    for (const [product, open] of other.products) this.products.set(product, open);
    other.products.clear();
  }
}
