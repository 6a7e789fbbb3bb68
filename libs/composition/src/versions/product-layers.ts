/** In which stores products' rows are, by what runs just now: a version may keep its layers otherwise than the one before. */
import type { Plan } from '@tenon/domain';
import type { ProductStore } from '@tenon/ports';
import type { Settings } from '@tenon/runtime';
import type { LayerStores } from '@tenon/views';
import { layersOf, storesOf } from '../layers';
import { troubleBook } from '@tenon/views';
import type { Parts } from '../parts';

export interface ProductLayers {
  /** Where a product is read. */
  readonly stores: (plan: Plan) => LayerStores;
  /** Every store that may hold something of a product. */
  readonly all: readonly ProductStore[];
}

export async function productLayers(
  parts: Parts,
  { TENON_LAYER: scope }: Settings,
  plans: readonly Plan[],
): Promise<ProductLayers> {
  const store = await parts.store();
  const layers = await layersOf(parts, plans, scope);
  const one = { store, troubles: troubleBook(store, parts.clock) };
  const apart = layers === null ? [] : [layers.batch.store, ...(layers.speed ? [layers.speed.store] : [])];
  return { stores: storesOf(scope, layers, one), all: [...new Set([store, ...apart])] };
}
