/**
 * Products that are well in a lane, of which the book may still say something else: what speed wrote down before, an instance
 * that died, or one that has lost the lane and did not know. Taken out until it is known to be out.
 */
import type { Lane, ProductId } from '@tenon/domain';
import type { Trouble, TroubleBook } from '@tenon/ports';

interface Well {
  readonly product: ProductId;
  readonly lane: Lane;
}

export class Recovered {
  private readonly due = new Map<string, Well>();

  /** @param stays what somebody else takes back */
  constructor(
    private readonly troubles: TroubleBook,
    private readonly stays: (trouble: Trouble, lane: Lane) => boolean,
  ) {}

  add(product: ProductId, lane: Lane): void {
    this.due.set(keyOf(product, lane), { product, lane });
  }

  /** It is not well any more. */
  drop(product: ProductId, lane: Lane): void {
    this.due.delete(keyOf(product, lane));
  }

  /** The lane is somebody else's. */
  end({ source, partition }: Lane): void {
    for (const [key, { lane }] of this.due)
      if (lane.source === source && lane.partition === partition) this.due.delete(key);
  }

  get isDue(): boolean {
    return this.due.size > 0;
  }

  /** @throws what the book throws: then it is still due */
  async clear(): Promise<void> {
    const all = [...this.due];
    const products = [...new Set(all.map(([, { product }]) => product))];
    if (products.length === 0) return;
    const read = await this.troubles.read(products);
    const known = new Map(products.map((product, index) => [product, read[index] ?? []]));
    for (const [key, well] of all) {
      for (const { code } of (known.get(well.product) ?? []).filter((one) => this.isOver(one, well.lane))) {
        if (this.due.get(key) !== well) break;
        await this.troubles.clear(well.product, { layer: 'speed', code, ...well.lane });
      }
      if (this.due.get(key) === well) this.due.delete(key);
    }
  }

  private isOver(one: Trouble, lane: Lane): boolean {
    const isOfLane = one.source === lane.source && one.partition === lane.partition;
    return one.layer === 'speed' && isOfLane && !this.stays(one, lane);
  }
}

const keyOf = (product: ProductId, { source, partition }: Lane) => `${source}/${partition}/${product}`;
