import type { ProductId } from '@tenon/domain';
import type { Trouble, TroubleBook, TroublesOver } from '@tenon/ports';

/** A book without a store, for specs: `of` says what stands in it. */
export class MemoryTroubleBook implements TroubleBook {
  private readonly troubles = new Map<ProductId, Trouble[]>();

  of(product: ProductId): readonly Trouble[] {
    return this.troubles.get(product) ?? [];
  }

  report(product: ProductId, trouble: Omit<Trouble, 'since'>): Promise<void> {
    const { layer, code, source, partition } = trouble;
    const isSame = (one: Trouble) =>
      one.layer === layer && one.code === code && one.source === source && one.partition === partition;
    const others = this.of(product).filter((one) => !isSame(one));
    this.troubles.set(product, [...others, { ...trouble, since: 0 }]);
    return Promise.resolve();
  }

  clear(product: ProductId, over: TroublesOver): Promise<void> {
    const isOver = (one: Trouble) =>
      Object.entries(over).every(
        ([field, value]) => value === undefined || one[field as keyof Trouble] === value,
      );
    this.troubles.set(
      product,
      this.of(product).filter((one) => !isOver(one)),
    );
    return Promise.resolve();
  }

  read(products: readonly ProductId[]): Promise<readonly (readonly Trouble[])[]> {
    return Promise.resolve(products.map((product) => this.of(product)));
  }
}
