import type { Offset, Partition, ProductId } from '@tenon/domain';

export type TroubleLayer = 'ingestion' | 'speed' | 'batch' | 'consumption' | 'serving';

/**
 * Something is wrong with one product, or with one lane of it, and its answers say so: they are `incomplete` as long as it
 * stands in the book. Whoever isolates a product writes it down, and takes it back when the product is well again.
 */
export interface Trouble {
  readonly layer: TroubleLayer;
  /** Stable, see docs/errors.md. */
  readonly code: string;
  /** For people: what is wrong, where, and how to mend it. */
  readonly reason: string;
  /** Absent: it is of the product as a whole. */
  readonly source?: string;
  readonly partition?: Partition;
  /** The records that it is about: [from, to). */
  readonly from?: Offset;
  readonly to?: Offset;
  /** When it was first reported, milliseconds since the epoch. */
  readonly since: number;
}

/** Which troubles are over: all of a layer, or those of a code, a source, a partition. */
export type TroublesOver = Pick<Trouble, 'layer'> & Partial<Pick<Trouble, 'code' | 'source' | 'partition'>>;

/** What is wrong with products, where every instance of every service sees it. */
export interface TroubleBook {
  /** Idempotent: one of a layer, code, source and partition replaces the one before and keeps its `since`. */
  report(product: ProductId, trouble: Omit<Trouble, 'since'>): Promise<void>;
  clear(product: ProductId, over: TroublesOver): Promise<void>;
  /** In the order of the products. @throws UnsupportedVersion */
  read(products: readonly ProductId[]): Promise<readonly (readonly Trouble[])[]>;
}
