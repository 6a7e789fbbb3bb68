import type { ProductStore, StoreSnapshot } from '@tenon/ports';

/** A snapshot that stays open until it is let go. */
export interface HeldSnapshot {
  readonly snapshot: StoreSnapshot;
  /** Resolves once the store has closed it. */
  release(): Promise<void>;
}

/** Opens a snapshot whose end is not that of a function. */
export async function hold(store: Pick<ProductStore, 'snapshot'>): Promise<HeldSnapshot> {
  let release: () => void = () => undefined;
  const until = new Promise<void>((resolve) => (release = resolve));
  let over: Promise<void> = Promise.resolve();
  const snapshot = await new Promise<StoreSnapshot>((resolve, reject) => {
    over = store.snapshot((opened) => {
      resolve(opened);
      return until;
    });
    over.catch(reject);
  });
  return {
    snapshot,
    release: async () => {
      release();
      // What was read has been read: how the store ends it is nobody's matter any more.
      await over.catch(() => undefined);
    },
  };
}
