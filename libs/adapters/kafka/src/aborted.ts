/** Which batches of a fetched record set belong to transactions that were aborted: the broker names these, clients sift them. */
import type { AbortedTransaction } from './fetch-response';
import { Cursor } from './varint';

const HEADER_BYTES = 61;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;
/** The type in a mark's key; others are not about aborted transactions. */
const ABORT = 0;

export class AbortedBatches {
  /** Transactions that have not begun yet at this place, by where they do. */
  private readonly coming: AbortedTransaction[];
  /** Producers whose records from here on are of an aborted transaction. */
  private readonly aborting = new Set<bigint>();

  constructor(aborted: readonly AbortedTransaction[]) {
    this.coming = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  }

  /** To be asked of each batch, in order. @returns whether its records were aborted */
  has(set: Buffer, at: number): boolean {
    const last = Number(set.readBigInt64BE(at)) + set.readInt32BE(at + 23);
    const attributes = set.readInt16BE(at + 21);
    const producer = set.readBigInt64BE(at + 43);
    while ((this.coming[0]?.firstOffset ?? Infinity) <= last)
      this.aborting.add((this.coming.shift() as AbortedTransaction).producerId);
    if ((attributes & CONTROL) === 0)
      return (attributes & TRANSACTIONAL) !== 0 && this.aborting.has(producer);
    if (isAbort(set, at)) this.aborting.delete(producer);
    return false;
  }
}

/** A mark is one record, whose key says which it is. */
function isAbort(set: Buffer, at: number): boolean {
  const cursor = new Cursor(set, at + HEADER_BYTES);
  cursor.varint();
  cursor.at++;
  cursor.varlong();
  cursor.varint();
  const length = cursor.varint();
  return length >= 4 && set.readInt16BE(cursor.at + 2) === ABORT;
}
