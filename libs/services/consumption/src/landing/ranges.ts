/**
 * Landing ranges: slices in any order and by several instances side by side. What has landed of a range is accounted for in
 * the store; whoever lands the last of it moves the pointer in the same transaction.
 */
import type { CommitMessage, RangeAccountDocument, SliceFrame, WireCell } from '@tenon/contracts';
import { STORE_KEYS, VERSIONS, supported } from '@tenon/contracts';
import type { FoldTarget, Pointer, RangeAccount } from '@tenon/domain';
import {
  EMPTY_ACCOUNT,
  commitOfWhole,
  judgeRange,
  movedPointer,
  withCommit,
  withHorizon,
  withSlice,
} from '@tenon/domain';
import type { StoreTransaction } from '@tenon/ports';
import type { ProductLayout } from '@tenon/views';
import { readPointer } from '@tenon/views';
import { foldCells } from './fold-cells';
import { withOrders } from './line-orders';
import { servePointer } from './serve-pointer';

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
  const before = await readAccount(tx, layout, message);
  const account = { ...withSlice(before, message.slice), ...ordersAfter(layout, before) };
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
  const before = await readAccount(tx, layout, message);
  const account = { ...withCommit(before, commit), ...ordersAfter(layout, before) };
  return { stale: null, moved: settle(tx, layout, message, account, pointer, target, at) };
}

async function readAccount(
  tx: StoreTransaction,
  { product, ordersMark }: ProductLayout,
  { range }: SliceFrame | CommitMessage,
): Promise<OrderedAccount> {
  const document = await tx.get<RangeAccountDocument>('meta', STORE_KEYS.range(product, range));
  return supported('range-account', document) ?? { ...EMPTY_ACCOUNT, orders: ordersMark };
}

/** With the orders in which all cells stand that have landed. */
type OrderedAccount = RangeAccount & { readonly orders?: string | undefined };

/** A slice that a release before has landed stands in none, and its account says nothing of any from then on. */
const ordersAfter = ({ ordersMark }: ProductLayout, before: OrderedAccount) => ({
  orders: ordersMark !== '' && before.orders === ordersMark ? ordersMark : undefined,
});

/** Moves the pointer if all of the range has landed; else keeps the account. */
function settle(
  tx: StoreTransaction,
  layout: ProductLayout,
  { range, to }: SliceFrame | CommitMessage,
  { landed, commit, orders }: OrderedAccount,
  pointer: Pointer,
  target: FoldTarget,
  at: number,
): Pointer | null {
  const key = STORE_KEYS.range(layout.product, range);
  const move = commitOfWhole({ landed, commit });
  if (move === null) {
    const v = VERSIONS['range-account'].writes;
    const document: RangeAccountDocument = { v, landed, commit, ...(orders !== undefined && { orders }), to };
    tx.put('meta', key, document);
    return null;
  }
  const moved = withHorizon(pointer, movedPointer(pointer, target, move, layout.plan.hash, at), layout.plan);
  const served = withOrders(layout, pointer, target, moved, orders === layout.ordersMark);
  servePointer(tx, layout, pointer, served);
  tx.delete('meta', key);
  return served;
}
