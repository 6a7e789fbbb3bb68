/**
 * Transactions of processes that are gone. A transaction belongs to a session and not to a connection, so when its process is
 * killed half-way, MongoDB keeps it open, and every write of the same documents conflicts, until
 * `transactionLifetimeLimitSeconds` (60 by default) are over.
 *
 * Whoever runs into conflicts for a while looks for such transactions and ends their sessions. Tenon's own transactions send
 * their commands at once, one after the other: one that has been idle for longer than `IDLE_MS` has nobody, or somebody who
 * stands still, and who then begins it anew.
 */
import type { Db } from 'mongodb';
import type { UUID } from 'mongodb';

/** Of all clients of Tenon: its transactions are known by it. */
export const APP_NAME = 'tenon';

const IDLE_MS = 2_000;
/** Conflicts that end within this time are those of others at work. */
const PATIENCE_MS = 1_000;

interface OpenTransaction {
  readonly lsid: { readonly id: UUID };
}

export class AbandonedTransactions {
  private lookedAt = -Infinity;

  constructor(private readonly admin: Db) {}

  /**
   * To be told of each attempt that failed by a conflict.
   *
   * @param since when the first attempt began, by `performance.now()`
   */
  async conflict(since: number): Promise<void> {
    const now = performance.now();
    if (now - since < PATIENCE_MS || now - this.lookedAt < PATIENCE_MS) return;
    this.lookedAt = now;
    // Who may not look, or ends none, waits until MongoDB does it.
    await this.end().catch(() => undefined);
  }

  private async end(): Promise<void> {
    const open = await this.admin
      .aggregate<OpenTransaction>([
        { $currentOp: { allUsers: false, idleSessions: true } },
        {
          $match: {
            type: 'idleSession',
            appName: APP_NAME,
            'transaction.timeInactiveMicros': { $gt: IDLE_MS * 1_000 },
          },
        },
        { $project: { lsid: 1 } },
      ])
      .toArray();
    if (open.length === 0) return;
    await this.admin.command({ killSessions: open.map(({ lsid: { id } }) => ({ id })) });
  }
}
