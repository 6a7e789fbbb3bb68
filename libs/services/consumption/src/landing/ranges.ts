/**
 * Landing ranges: slices in any order and by several instances side by side. What has landed of a range is accounted for in
 * the store; whoever lands the last of it moves the pointer in the same transaction.
 */
import type { CommitMessage, RangeAccountDocument, SliceFrame, WireCell } from '@tenon/contracts';
import { STORE_KEYS, VERSIONS, pointerDocument, supported } from '@tenon/contracts';
import type { FoldTarget, Pointer, RangeAccount } from '@tenon/domain';
import { EMPTY_ACCOUNT, commitOfWhole, judgeRange, movedPointer, withCommit, withSlice } from '@tenon/domain';
import type { StoreTransaction } from '@tenon/ports';
import type { ProductLayout } from '@tenon/views';
import { readPointer } from '@tenon/views';
import { foldCells } from './fold-cells';

export interface LandedPart {
  /** The range is of the past, or of another base than this one, which is served; and so is what follows of it. */
  readonly stale: Pointer | null;
  /** The pointer that is served with it, where it moved. */
  readonly moved: Pointer | null;
}

const LANDED: LandedPart = { stale: null, moved: null };

/**
 * Lands some cells of a slice.
 *
 * @param whole with them, all of the slice has landed
 * @param at when a pointer moves, milliseconds since the epoch
 * @throws UnsupportedVersion
 */
export async function landSlice(
  tx: StoreTransaction,
  layout: ProductLayout,
  message: SliceFrame,
  cells: readonly WireCell[],
  whole: boolean,
  at: number,
): Promise<LandedPart> {
  const pointer = await readPointer(tx, layout);
  const target = judgeRange(pointer, message);
  if (target === null) return { stale: pointer, moved: null };
  await foldCells(tx, layout, target, cells);
  if (!whole) return LANDED;
  const account = withSlice(await readAccount(tx, layout, message), message.slice);
  return { stale: null, moved: settle(tx, layout, message, account, pointer, target, at) };
}

/** Lands the end of a range. @throws UnsupportedVersion */
export async function landCommit(
  tx: StoreTransaction,
  layout: ProductLayout,
  message: CommitMessage,
  at: number,
): Promise<LandedPart> {
  const pointer = await readPointer(tx, layout);
  const target = judgeRange(pointer, message);
  if (target === null) return { stale: pointer, moved: null };
  const { slices, cut, epochs, barriers, ledger, watermark } = message;
  const commit = { slices, cut, epochs, barriers, ledger, watermark };
  const account = withCommit(await readAccount(tx, layout, message), commit);
  return { stale: null, moved: settle(tx, layout, message, account, pointer, target, at) };
}

async function readAccount(
  tx: StoreTransaction,
  { product }: ProductLayout,
  { range }: SliceFrame | CommitMessage,
): Promise<RangeAccount> {
  const document = await tx.get<RangeAccountDocument>('meta', STORE_KEYS.range(product, range));
  return supported('range-account', document) ?? EMPTY_ACCOUNT;
}

/** Moves the pointer if all of the range has landed; else keeps the account. */
function settle(
  tx: StoreTransaction,
  layout: ProductLayout,
  { range, to }: SliceFrame | CommitMessage,
  { landed, commit }: RangeAccount,
  pointer: Pointer,
  target: FoldTarget,
  at: number,
): Pointer | null {
  const key = STORE_KEYS.range(layout.product, range);
  const move = commitOfWhole({ landed, commit });
  if (move === null) {
    const v = VERSIONS['range-account'].writes;
    tx.put('meta', key, { v, landed, commit, to } satisfies RangeAccountDocument);
    return null;
  }
  const moved = movedPointer(pointer, target, move, layout.plan.hash, at);
  tx.put('meta', STORE_KEYS.pointer(layout.product), pointerDocument(moved));
  tx.delete('meta', key);
  return moved;
}
