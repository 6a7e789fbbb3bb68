/** What other services may know of the landing zone, read from its store. */
import type { PointerDocument, PointerDocumentBefore } from '@tenon/contracts';
import { STORE_KEYS, mustRead, pointerOf } from '@tenon/contracts';
import { idOf } from '@tenon/domain';
import type { ProductStore, ServedPointers } from '@tenon/ports';

export function servedPointers(store: Pick<ProductStore, 'snapshot'>): ServedPointers {
  return {
    read: (plans) =>
      store.snapshot(async (snapshot) => {
        const keys = plans.map((plan) => STORE_KEYS.pointer(idOf(plan)));
        const found = await snapshot.getMany<PointerDocument | PointerDocumentBefore>('meta', keys);
        return plans.map(({ source }, index) => mustRead(pointerOf(found[index], source), () => 'the store'));
      }),
  };
}
