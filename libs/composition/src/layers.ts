/** Products whose layers are apart: which store each layer is in, and what of them a process does. */
import type { Plan } from '@tenon/domain';
import { idOf } from '@tenon/domain';
import type { Clock, ProductStore, ServedPointers, TroubleBook } from '@tenon/ports';
import type { Settings } from '@tenon/runtime';
import type { LandingZone } from '@tenon/service-consumption';
import type { LayerStores } from '@tenon/views';
import { ApartStores, inOneStore, servedPointers, troubleBook } from '@tenon/views';

export const isSeparate = ({ topology }: Pick<Plan, 'topology'>): boolean => topology === 'lambda-separate';

export type LayerScope = Settings['TENON_LAYER'];

/** The stores of separate layers, as far as a process has to do with them. */
export interface Layers {
  readonly batch: LandingZone;
  /** Null: this process has to do with base alone. */
  readonly speed: LandingZone | null;
  /** Both are one store after all. */
  readonly together: boolean;
}

/** @returns null where no product keeps its layers apart, or this process has none of them: then nothing is opened */
export async function layersOf(
  parts: { readonly clock: Pick<Clock, 'now'>; store(layer: 'batch' | 'speed'): Promise<ProductStore> },
  plans: readonly Plan[],
  scope: LayerScope,
): Promise<Layers | null> {
  if (!plans.some(isSeparate) || scope === 'combined') return null;
  const zone = (store: ProductStore) => ({ store, troubles: troubleBook(store, parts.clock) });
  const base = zone(await parts.store('batch'));
  const batch = { ...base, layer: 'batch' } as const;
  if (scope === 'batch') return { batch, speed: null, together: false };
  const speed = zone(await parts.store('speed'));
  if (scope === 'all' && speed.store === base.store) return { batch: base, speed: base, together: true };
  const served = servedPointers(base.store);
  return { batch, speed: { ...speed, layer: 'speed', served }, together: false };
}

/** What an instance of consumption lands of a product, and where. */
export function zonesOf(
  scope: LayerScope,
  layers: Layers | null,
  one: LandingZone,
): (plan: Plan) => readonly LandingZone[] {
  return (plan) => {
    if (!isSeparate(plan)) return scope === 'batch' || scope === 'speed' ? [] : [one];
    if (layers === null) return [];
    if (layers.together) return [layers.batch];
    const both = [layers.batch, ...(layers.speed === null ? [] : [layers.speed])];
    return both.filter(({ layer }) => scope === 'all' || scope === layer);
  };
}

/** Where an instance of serving reads a product. */
export function storesOf(
  scope: LayerScope,
  layers: Layers | null,
  { store }: Pick<LandingZone, 'store'>,
): (plan: Plan) => LayerStores {
  if (layers === null) return () => inOneStore(store);
  const { batch, speed, together } = layers;
  const apart = together
    ? inOneStore(batch.store)
    : new ApartStores({
        ...(scope !== 'speed' && { base: batch.store }),
        ...(speed !== null && { speed: speed.store }),
      });
  return (plan) => (isSeparate(plan) ? apart : inOneStore(store));
}

/**
 * What is served of products wherever their layers are. Batch builds on what base's store serves; speed replays from what its own
 * store goes by, which may be a little behind, and needs no other store for it.
 *
 * @param plans what runs, whenever it is asked for
 */
export function pointersOf(
  layers: Layers | null,
  layer: 'batch' | 'speed',
  plans: () => readonly Plan[],
  one: ServedPointers,
): ServedPointers {
  if (layers === null) return one;
  const apart = servedPointers(zoneOf(layers, layer).store);
  return {
    read: async (asked) => {
      const separate = new Set(plans().filter(isSeparate).map(idOf));
      const isApart = asked.map((plan) => separate.has(idOf(plan)));
      const of = async (pointers: ServedPointers, wanted: boolean) =>
        isApart.includes(wanted) ? pointers.read(asked.filter((_, at) => isApart[at] === wanted)) : [];
      const [here, there] = [[...(await of(one, false))], [...(await of(apart, true))]];
      return isApart.map((wanted) => (wanted ? there : here).shift());
    },
  };
}

const zoneOf = ({ batch, speed }: Layers, layer: 'batch' | 'speed'): LandingZone =>
  layer === 'batch' ? batch : (speed ?? batch);

/**
 * Troubles are written down in the store of the layer that has them, where its answers are read.
 *
 * @param plans what runs, whenever it is asked for
 */
export function troublesOf(
  layers: Layers | null,
  plans: () => readonly Plan[],
  one: TroubleBook,
): TroubleBook {
  if (layers === null) return one;
  const isApart = (product: string) => plans().some((plan) => idOf(plan) === product && isSeparate(plan));
  const bookOf = (product: string, layer: string) =>
    !isApart(product) ? one : zoneOf(layers, layer === 'batch' ? 'batch' : 'speed').troubles;
  return {
    report: (product, trouble) => bookOf(product, trouble.layer).report(product, trouble),
    clear: (product, over) => bookOf(product, over.layer).clear(product, over),
    read: (products) =>
      Promise.all(
        products.map(async (product) => {
          const zones = layers.together ? [layers.batch] : [layers.batch, layers.speed ?? layers.batch];
          const books = isApart(product) ? zones.map(({ troubles }) => troubles) : [one];
          return (await Promise.all(books.map((book) => book.read([product])))).flat(2);
        }),
      ),
  };
}
