/** Reading a product from the stores of its layers, at one instant of each. */
import type { ProductStore, StoreSnapshot } from '@tenon/ports';
import { ApartStores } from './apart/stores';
import type { Layer } from './cell-texts';
import type { ProductLayout } from './layout';
import type { KnownView } from './known-view';
import { sameAs } from './known-view';
import type { ProductView } from './view';
import { readView } from './view';

/** Where the layers of products are kept: both in one store, or apart. */
export type LayerStores = { readonly one: Pick<ProductStore, 'snapshot' | 'versionNow'> } | ApartStores;

export interface LayerSnapshots {
  readonly base: StoreSnapshot;
  readonly speed: StoreSnapshot;
}

export const inOneStore = (store: Pick<ProductStore, 'snapshot' | 'versionNow'>): LayerStores => ({
  one: store,
});

async function viewOf(
  snapshot: StoreSnapshot,
  layout: ProductLayout,
  known: KnownView | undefined,
): Promise<ProductView> {
  const { version } = snapshot;
  if (known === undefined) return readView(snapshot, layout);
  if (known.view !== null && version !== undefined && known.version === version) return known.view;
  const view = await readView(snapshot, layout);
  known.version = version;
  known.isVersioned ||= version !== undefined;
  return sameAs(known, view);
}

/** The view that is known, where the store says without being read that nothing has been written since. */
export function viewNow(stores: LayerStores, { view, version }: KnownView): ProductView | undefined {
  if (view === null || version === undefined || stores instanceof ApartStores) return undefined;
  return stores.one.versionNow?.() === version ? view : undefined;
}

/**
 * Runs `read` with the views and the snapshots that they are of.
 *
 * @param known is kept up for the next read
 * @param layer what is asked for: with stores apart the other one need not be there for it
 * @throws UnsupportedVersion, LayerAway
 */
export function withView<T>(
  stores: LayerStores,
  layout: ProductLayout,
  read: (view: ProductView, snapshots: LayerSnapshots) => Promise<T>,
  known?: KnownView,
  layer: Layer = 'merged',
): Promise<T> {
  if (stores instanceof ApartStores) return stores.read(layout, layer, read, known);
  const open = <R>(use: (view: ProductView, snapshots: LayerSnapshots) => Promise<R>) =>
    stores.one.snapshot(async (snapshot) =>
      use(await viewOf(snapshot, layout, known), { base: snapshot, speed: snapshot }),
    );
  // The first look tells what kind of store it is.
  const isShared = known !== undefined && known.view !== null && !known.isVersioned;
  return isShared ? known.shared.read(open, read) : open(read);
}
