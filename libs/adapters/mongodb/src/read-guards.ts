/**
 * MongoDB's transactions are snapshot isolation: two that each read what the other writes may both commit. The port
 * promises that what was read still holds, so a transaction also writes something for each key that it has only read,
 * which then conflicts with whoever wrote it.
 *
 * Most such reads are of a few shared keys of `meta` (each landing reads its product's pointer), and readers must not
 * conflict with each other there: for these a reader writes one of several guards of the key, a writer all of them.
 * A process keeps to a guard for as long as it has no conflict there, so processes soon have one each.
 *
 * Of all other keys the reader touches the document itself: they are seldom read without being written, and a writer of
 * them has nothing to do for it.
 */
import type { AnyBulkWriteOperation } from 'mongodb';
import type { StoredDocument } from './tables';

const SLOTS = 8;

/** Beside the key's document, so that it costs no command of its own; no scan reaches as far. */
const guardId = (key: string, slot: number) => `\x7f${key}#${slot}`;

const touch = (_id: string): AnyBulkWriteOperation<StoredDocument> => ({
  // Neither the value nor its growth means anything: a write is what conflicts.
  updateOne: { filter: { _id }, update: { $inc: { t: 1 } }, upsert: true },
});

const remove = (_id: string): AnyBulkWriteOperation<StoredDocument> => ({ deleteOne: { filter: { _id } } });

/** Which of a key's guards this process's transactions use: each its own, and those that nobody else was seen to use. */
export class GuardSlots {
  private readonly free = Array.from({ length: SLOTS }, (_, slot) => slot).sort(() => Math.random() - 0.5);

  /** Runs an attempt with a slot of its own, as long as there are some. */
  async with<T>(attempt: (slot: number) => Promise<T>): Promise<T> {
    const slot = this.free.shift();
    if (slot === undefined) return attempt(Math.floor(Math.random() * SLOTS));
    try {
      const result = await attempt(slot);
      this.free.unshift(slot);
      return result;
    } catch (error) {
      // Perhaps another process uses it.
      this.free.push(slot);
      throw error;
    }
  }
}

export class ReadGuards {
  constructor(private readonly slot: number) {}

  /**
   * What a transaction adds for shared keys, to be done in this order.
   *
   * @param read shared keys that it has read and does not write
   * @param written shared keys that it writes; null: deletes
   */
  forShared(
    read: Iterable<string>,
    written: Iterable<readonly [key: string, json: string | null]>,
  ): AnyBulkWriteOperation<StoredDocument>[] {
    const operations: AnyBulkWriteOperation<StoredDocument>[] = [];
    for (const key of read) operations.push(touch(guardId(key, this.slot)));
    for (const [key, json] of written) {
      for (let slot = 0; slot < SLOTS; slot++) {
        operations.push(touch(guardId(key, slot)));
        // Deleting alone would not conflict with a reader that makes the guard.
        if (json === null) operations.push(remove(guardId(key, slot)));
      }
    }
    return operations;
  }

  /**
   * What a transaction adds for other keys of a table, to be done in this order.
   *
   * @param read keys that it has read and does not write, and whether there was a document
   */
  forTable(
    read: Iterable<readonly [key: string, found: boolean]>,
    token: string,
  ): AnyBulkWriteOperation<StoredDocument>[] {
    const operations: AnyBulkWriteOperation<StoredDocument>[] = [];
    for (const [key, found] of read) {
      if (found) operations.push({ updateOne: { filter: { _id: key }, update: { $set: { r: token } } } });
      // Who makes the document meanwhile finds it made and gone, later than its own beginning.
      else
        operations.push(
          { insertOne: { document: { _id: key, v: 'null' } } },
          { deleteOne: { filter: { _id: key } } },
        );
    }
    return operations;
  }
}
