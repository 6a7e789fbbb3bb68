/** The answer to a Fetch request, version 11 (KIP-392). */

export interface FetchedPartition {
  readonly partition: number;
  /** 0, or one of those in `protocol-errors.ts`. */
  readonly errorCode: number;
  /** Record batches, the last one perhaps cut off. */
  readonly recordSet: Buffer;
  /** What the next record will get. */
  readonly highWatermark: number;
  /** Below it no transaction is open. */
  readonly lastStable: number;
  /** Transactions with records in this answer that were aborted; asked for committed records alone. */
  readonly aborted: readonly AbortedTransaction[];
}

export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

const NONE: readonly AbortedTransaction[] = [];

/** @returns the partitions of every topic; there is one topic in what this adapter asks for */
export function decodeFetchResponse(payload: Buffer): {
  readonly clientSideThrottleTime: number;
  readonly partitions: readonly FetchedPartition[];
} {
  const clientSideThrottleTime = payload.readInt32BE(0);
  const errorCode = payload.readInt16BE(4);
  if (errorCode !== 0) throw new Error(`The broker refused to fetch (error ${errorCode}).`);
  const partitions: FetchedPartition[] = [];
  let at = 10; // after the session id
  const topics = payload.readInt32BE(at);
  at += 4;
  for (let topic = 0; topic < topics; topic++) {
    at += 2 + payload.readInt16BE(at);
    const count = payload.readInt32BE(at);
    at += 4;
    for (let i = 0; i < count; i++) at = decodePartition(payload, at, partitions);
  }
  return { clientSideThrottleTime, partitions };
}

/** @returns where the next partition begins */
function decodePartition(payload: Buffer, start: number, into: FetchedPartition[]): number {
  // After the partition (4), the error (2), and three offsets: high watermark, last stable, start.
  const aborted = Math.max(0, payload.readInt32BE(start + 30));
  // After the aborted transactions (16 bytes each) and the preferred replica.
  const sizeAt = start + 34 + aborted * 16 + 4;
  const size = Math.max(0, payload.readInt32BE(sizeAt));
  into.push({
    partition: payload.readInt32BE(start),
    errorCode: payload.readInt16BE(start + 4),
    recordSet: payload.subarray(sizeAt + 4, sizeAt + 4 + size),
    highWatermark: Number(payload.readBigInt64BE(start + 6)),
    lastStable: Number(payload.readBigInt64BE(start + 14)),
    aborted: aborted === 0 ? NONE : decodeAborted(payload, start + 34, aborted),
  });
  return sizeAt + 4 + size;
}

function decodeAborted(payload: Buffer, start: number, count: number): AbortedTransaction[] {
  return Array.from({ length: count }, (_, index) => ({
    producerId: payload.readBigInt64BE(start + index * 16),
    firstOffset: Number(payload.readBigInt64BE(start + index * 16 + 8)),
  }));
}
