/** The book of what is wrong with products: one document of the store for each that has something. */
import type { TroublesDocument } from '@tenon/contracts';
import { STORE_KEYS, supported } from '@tenon/contracts';
import type { ProductId } from '@tenon/domain';
import { isSameTrouble, isTroubleOver } from '@tenon/domain';
import type { Clock, ProductStore, StoreTransaction, Trouble, TroubleBook } from '@tenon/ports';

/** @throws UnsupportedVersion */
export function troublesIn(document: TroublesDocument | undefined): readonly Trouble[] {
  if (document === undefined) return [];
  supported('troubles', document);
  return document.troubles;
}

export function troubleBook(
  store: Pick<ProductStore, 'snapshot' | 'transact'>,
  clock: Pick<Clock, 'now'>,
): TroubleBook {
  const change = (product: ProductId, next: (troubles: readonly Trouble[]) => readonly Trouble[]) =>
    store.transact(async (tx) => {
      const key = STORE_KEYS.troubles(product);
      const before = troublesIn(await tx.get<TroublesDocument>('meta', key));
      put(tx, key, before, next(before));
    });
  return {
    report: (product, trouble) =>
      change(product, (troubles) => {
        const before = troubles.find((one) => isSameTrouble(one, trouble));
        const reported = { ...trouble, since: before?.since ?? clock.now() };
        return [...troubles.filter((one) => one !== before), reported];
      }),
    clear: (product, over) =>
      change(product, (troubles) => troubles.filter((one) => !isTroubleOver(one, over))),
    read: (products) =>
      store.snapshot(async (snapshot) => {
        const keys = products.map((product) => STORE_KEYS.troubles(product));
        return (await snapshot.getMany<TroublesDocument>('meta', keys)).map(troublesIn);
      }),
  };
}

function put(
  tx: StoreTransaction,
  key: string,
  before: readonly Trouble[],
  troubles: readonly Trouble[],
): void {
  if (JSON.stringify(before) === JSON.stringify(troubles)) return;
  if (troubles.length === 0) tx.delete('meta', key);
  else tx.put('meta', key, { v: 1, troubles } satisfies TroublesDocument);
}
