/** Reading a product from the stores of its layers, at one instant of each. */
import type { ProductStore, StoreSnapshot } from '@tenon/ports';
import type { ProductLayout } from './layout';
import type { ProductView } from './view';
import { readBaseView, readSpeedView, readView } from './view';

/** Where the layers of products are kept: apart, or both in one. */
export interface LayerStores {
  readonly base: Pick<ProductStore, 'snapshot'>;
  readonly speed: Pick<ProductStore, 'snapshot'>;
}

export interface LayerSnapshots {
  readonly base: StoreSnapshot;
  readonly speed: StoreSnapshot;
}

export const inOneStore = (store: Pick<ProductStore, 'snapshot'>): LayerStores => ({
  base: store,
  speed: store,
});

/**
 * The view that was read last, and the store's version that it is of: as long as nothing is written it is the view. Where what
 * was written changed nothing of it, the view is the same object: what follows from a view is known of it.
 */
export interface KnownView {
  version: number | undefined;
  view: ProductView | null;
  /** All of the view. */
  text: string;
}

export const noView = (): KnownView => ({ version: undefined, view: null, text: '' });

async function viewOf(
  snapshot: StoreSnapshot,
  layout: ProductLayout,
  known: KnownView | undefined,
): Promise<ProductView> {
  const { version } = snapshot;
  if (known === undefined) return readView(snapshot, layout);
  if (known.view !== null && version !== undefined && known.version === version) return known.view;
  const view = await readView(snapshot, layout);
  const text = JSON.stringify([view.base, [...view.speed.lanes.values()], view.speed.troubles]);
  known.version = version;
  if (known.view !== null && known.text === text) return known.view;
  known.view = view;
  known.text = text;
  return view;
}

/**
 * Runs `read` with the views and the snapshots that they are of. The base view is pinned first: speed keeps all epochs from
 * its cut on for longer than any read takes, so that what is read of it afterwards joins on.
 *
 * @param known is kept up for the next read
 * @throws UnsupportedVersion
 */
export function withView<T>(
  { base, speed }: LayerStores,
  layout: ProductLayout,
  read: (view: ProductView, snapshots: LayerSnapshots) => Promise<T>,
  known?: KnownView,
): Promise<T> {
  if (base === speed)
    return base.snapshot(async (snapshot) =>
      read(await viewOf(snapshot, layout, known), { base: snapshot, speed: snapshot }),
    );
  return base.snapshot(async (baseSnapshot) => {
    const baseView = await readBaseView(baseSnapshot, layout);
    return speed.snapshot(async (speedSnapshot) => {
      const view = { base: baseView, speed: await readSpeedView(speedSnapshot, layout, baseView) };
      return read(view, { base: baseSnapshot, speed: speedSnapshot });
    });
  });
}
