/** From which transaction on a base view is served. */
import type { KeptDocument } from '@tenon/contracts';
import { STORE_KEYS, VERSIONS, pointerDocument } from '@tenon/contracts';
import type { Pointer } from '@tenon/domain';
import { keptGenerations } from '@tenon/domain';
import type { StoreTransaction } from '@tenon/ports';
import type { ProductLayout } from '@tenon/views';

/** Moves the pointer, and keeps it for readers of later. @param before the one that is served until then */
export function servePointer(
  tx: StoreTransaction,
  { product, plan }: ProductLayout,
  before: Pointer,
  moved: Pointer,
): void {
  const pointer = pointerDocument(moved);
  tx.put('meta', STORE_KEYS.pointer(product), pointer);
  const { line, generation } = before;
  // Without room for it folds have kept nothing of what was served before.
  const isKept = generation > 0 && keptGenerations(plan) > 0;
  const document: KeptDocument = {
    v: VERSIONS.kept.writes,
    pointer,
    before: isKept ? { line, generation } : null,
  };
  tx.put('meta', STORE_KEYS.kept(product, moved.line, moved.generation), document);
}
