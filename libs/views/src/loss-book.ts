/** The book of accepted losses: one document of the store for each source that has lost something. */
import type { LossesDocument } from '@tenon/contracts';
import { STORE_KEYS, VERSIONS, supported } from '@tenon/contracts';
import type { LossBook, ProductStore, StoreTransaction } from '@tenon/ports';

export function lossBook(store: Pick<ProductStore, 'snapshot' | 'transact'>): LossBook {
  const read = async (tx: Pick<StoreTransaction, 'get'>, source: string) =>
    supported('losses', await tx.get<LossesDocument>('meta', STORE_KEYS.losses(source)))?.losses ?? [];
  return {
    read: (source) => store.snapshot((snapshot) => read(snapshot, source)),
    accept: (source, loss) =>
      store.transact(async (tx) => {
        const losses = await read(tx, source);
        const known = losses.find(
          ({ partition, from, to }) => partition === loss.partition && from <= loss.from && loss.to <= to,
        );
        if (known !== undefined) return known;
        const document: LossesDocument = { v: VERSIONS.losses.writes, losses: [...losses, loss] };
        tx.put('meta', STORE_KEYS.losses(source), document);
        return loss;
      }),
  };
}
