/**
 * A range travels in slices, which several instances land side by side. Each slice is accounted for in the transaction that
 * lands its last part; whoever accounts for the last of them, or for the commit that says how many there are, moves the
 * pointer in the same transaction.
 */
import type { Move } from './pointer';

/** What ends a range: how many slices it has, and what the pointer moves to. */
export interface RangeCommit extends Move {
  readonly slices: number;
}

/** What has landed of a range. */
export interface RangeAccount {
  /** The numbers of the slices, in order, each once. */
  readonly landed: readonly number[];
  readonly commit: RangeCommit | null;
}

export const EMPTY_ACCOUNT: RangeAccount = { landed: [], commit: null };

/** The account with a slice landed; landing it again changes nothing. */
export function withSlice(account: RangeAccount, slice: number): RangeAccount {
  if (account.landed.includes(slice)) return account;
  return { ...account, landed: [...account.landed, slice].sort((a, b) => a - b) };
}

/** The account with the commit read; reading it again changes nothing. */
export const withCommit = (account: RangeAccount, commit: RangeCommit): RangeAccount => ({
  ...account,
  commit,
});

/** The commit of a range of which every slice has landed; null: something is still to come. */
export function commitOfWhole({ landed, commit }: RangeAccount): RangeCommit | null {
  if (commit === null) return null;
  const wanted = landed.filter((slice) => slice < commit.slices);
  return wanted.length === commit.slices ? commit : null;
}
