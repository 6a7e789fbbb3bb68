import type { ProductId, Trouble, TroublesOver } from '@tenon/domain';

export type { Trouble, TroubleLayer, TroublesOver } from '@tenon/domain';

/** What is wrong with products, where every instance of every service sees it. */
export interface TroubleBook {
  /** Idempotent: one of a layer, code, source and partition replaces the one before and keeps its `since`. */
  report(product: ProductId, trouble: Omit<Trouble, 'since'>): Promise<void>;
  clear(product: ProductId, over: TroublesOver): Promise<void>;
  /** In the order of the products. @throws UnsupportedVersion */
  read(products: readonly ProductId[]): Promise<readonly (readonly Trouble[])[]>;
}
