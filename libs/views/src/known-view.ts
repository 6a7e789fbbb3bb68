import { SharedViews } from './shared-views';
import type { ProductView } from './view';

/**
 * The view that was read last, and the store's version that it is of: as long as nothing is written it is the view. Where what
 * was written changed nothing of it, the view is the same object: what follows from a view is known of it.
 */
export interface KnownView {
  version: number | undefined;
  /** Of speed's store, where it has one of its own. */
  speedVersion?: number | undefined;
  view: ProductView | null;
  /** All of the view. */
  text: string;
  /** The store says which moment its snapshots are of. */
  isVersioned: boolean;
  /** Where it does not: those who ask together. */
  readonly shared: SharedViews;
}

export const noView = (): KnownView => ({
  ...{ version: undefined, view: null, text: '' },
  ...{ isVersioned: false, shared: new SharedViews() },
});

/** The view that is known, if it says all that this one says. */
export function sameAs(known: KnownView, view: ProductView): ProductView {
  const { base, speed, missing } = view;
  const text = JSON.stringify([base, [...speed.lanes.values()], speed.troubles, missing]);
  if (known.view !== null && known.text === text) return known.view;
  known.view = view;
  known.text = text;
  return view;
}
