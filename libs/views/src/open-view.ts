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
 * Runs `read` with the views and the snapshots that they are of. The base view is pinned first: speed keeps all epochs from
 * its cut on for longer than any read takes, so that what is read of it afterwards joins on.
 *
 * @throws UnsupportedVersion
 */
export function withView<T>(
  { base, speed }: LayerStores,
  layout: ProductLayout,
  read: (view: ProductView, snapshots: LayerSnapshots) => Promise<T>,
): Promise<T> {
  if (base === speed)
    return base.snapshot(async (snapshot) =>
      read(await readView(snapshot, layout), { base: snapshot, speed: snapshot }),
    );
  return base.snapshot(async (baseSnapshot) => {
    const baseView = await readBaseView(baseSnapshot, layout);
    return speed.snapshot(async (speedSnapshot) => {
      const view = { base: baseView, speed: await readSpeedView(speedSnapshot, layout, baseView) };
      return read(view, { base: baseSnapshot, speed: speedSnapshot });
    });
  });
}
