/** Read transactions of lmdb, and which moment of the store each is of. */
import type { RootDatabase, Transaction } from 'lmdb';
import { Unavailable } from '@tenon/errors';

export interface SharedSnapshot {
  readonly transaction: Transaction;
  /** Counts commits; null: taken while one is under way, so that it may be from before it or after it. */
  readonly version: number | null;
  users: number;
}

/**
 * Read transactions, one for all the snapshots between two commits: lmdb has a bounded number of them. One that is held
 * long keeps its pages from being used again, and the file grows meanwhile; nothing else.
 */
export class SnapshotPool {
  private current: SharedSnapshot | null = null;
  private version = 0;
  private committing = false;
  private readonly held = new Set<SharedSnapshot>();
  private waiting: (() => void)[] = [];

  constructor(private readonly root: RootDatabase<string, string>) {}

  take(): SharedSnapshot {
    if (this.current === null) {
      const version = this.committing ? null : this.version;
      this.current = { transaction: this.begin(), version, users: 0 };
    }
    if (this.current.users++ === 0) this.held.add(this.current);
    return this.current;
  }

  /** Of what `take` would give; undefined: that could be told of none. */
  versionNow(): number | undefined {
    const { current, committing, version } = this;
    if (current !== null) return current.version ?? undefined;
    return committing ? undefined : version;
  }

  private begin(): Transaction {
    try {
      // lmdb-js keeps one for the rest of the turn: it may be from before the latest commit.
      this.root.resetReadTxn();
      return this.root.useReadTransaction();
    } catch (error) {
      throw new Unavailable('The product store could not be read.', error);
    }
  }

  release(snapshot: SharedSnapshot): void {
    if (--snapshot.users > 0) return;
    this.held.delete(snapshot);
    // As long as nothing is committed it is the store of now, for whoever comes next.
    const isOfNow = this.current === snapshot && snapshot.version !== null;
    if (!isOfNow || this.waiting.length > 0) this.end(snapshot);
    if (this.held.size > 0) return;
    for (const resolve of this.waiting) resolve();
    this.waiting = [];
  }

  private end(snapshot: SharedSnapshot): void {
    if (this.current === snapshot) this.current = null;
    snapshot.transaction.done();
  }

  private endUnused(): void {
    if (this.current?.users === 0) this.end(this.current);
  }

  /** Before a commit. */
  commits(): void {
    this.committing = true;
    this.endUnused();
  }

  /** After a commit: whoever comes now sees it. */
  renew(): void {
    this.committing = false;
    this.version += 1;
    this.endUnused();
    this.current = null;
  }

  /** Resolves when no snapshot is held. */
  idle(): Promise<void> {
    this.endUnused();
    return this.held.size === 0 ? Promise.resolve() : new Promise((resolve) => this.waiting.push(resolve));
  }
}
