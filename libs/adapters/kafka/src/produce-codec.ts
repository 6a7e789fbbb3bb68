/** Produce requests and their answers, version 7. */

export interface ProducedPartition {
  readonly partition: number;
  readonly errorCode: number;
  readonly baseOffset: number;
}

/** @param batches partition → record batch @param acks -1: all copies in sync; 1: the leader */
export function encodeProduce(
  topic: string,
  batches: ReadonlyMap<number, Buffer>,
  acks: number,
  timeoutMs: number,
): Buffer {
  const name = Buffer.from(topic);
  const head = Buffer.allocUnsafe(2 + 2 + 4 + 4 + 2 + name.length + 4);
  let at = head.writeInt16BE(-1, 0); // no transaction
  at = head.writeInt16BE(acks, at);
  at = head.writeInt32BE(timeoutMs, at);
  at = head.writeInt32BE(1, at); // topics
  at = head.writeInt16BE(name.length, at);
  at += name.copy(head, at);
  head.writeInt32BE(batches.size, at);
  const parts: Buffer[] = [head];
  for (const [partition, batch] of batches) {
    const before = Buffer.allocUnsafe(8);
    before.writeInt32BE(partition, 0);
    before.writeInt32BE(batch.length, 4);
    parts.push(before, batch);
  }
  return Buffer.concat(parts);
}

export function decodeProduced(payload: Buffer): {
  readonly clientSideThrottleTime: number;
  readonly partitions: readonly ProducedPartition[];
} {
  const partitions: ProducedPartition[] = [];
  let at = 4;
  for (let topics = payload.readInt32BE(0); topics > 0; topics--) {
    at += 2 + payload.readInt16BE(at);
    const count = payload.readInt32BE(at);
    at += 4;
    for (let i = 0; i < count; i++) {
      partitions.push({
        partition: payload.readInt32BE(at),
        errorCode: payload.readInt16BE(at + 4),
        baseOffset: Number(payload.readBigInt64BE(at + 6)),
      });
      at += 30; // and two more: the time of the append, the start of the log
    }
  }
  return { clientSideThrottleTime: payload.readInt32BE(at), partitions };
}
