import type { ProductId, Trouble, TroublesOver } from '@tenon/domain';
import { isSameTrouble, isTroubleOver } from '@tenon/domain';
import type { TroubleBook } from '@tenon/ports';

/** A book without a store, for specs: `of` says what stands in it. */
export class MemoryTroubleBook implements TroubleBook {
  private readonly troubles = new Map<ProductId, Trouble[]>();

  of(product: ProductId): readonly Trouble[] {
    return this.troubles.get(product) ?? [];
  }

  report(product: ProductId, trouble: Omit<Trouble, 'since'>): Promise<void> {
    const others = this.of(product).filter((one) => !isSameTrouble(one, trouble));
    this.troubles.set(product, [...others, { ...trouble, since: 0 }]);
    return Promise.resolve();
  }

  clear(product: ProductId, over: TroublesOver): Promise<void> {
    const left = this.of(product).filter((one) => !isTroubleOver(one, over));
    this.troubles.set(product, left);
    return Promise.resolve();
  }

  read(products: readonly ProductId[]): Promise<readonly (readonly Trouble[])[]> {
    return Promise.resolve(products.map((product) => this.of(product)));
  }
}
