/**
 * Appends to one topic: what comes while a request is under way is gathered for the next one. One request at a time
 * keeps the order of each partition without the idempotent producer, which can lose records (docs/adr).
 *
 * Records are written into the request's record batches as they come: what waits is a few buffers, and not objects and
 * texts that the garbage collector would move again and again.
 */
import { TenonError, Unavailable } from '@tenon/errors';
import type { NewRecord } from '@tenon/ports';
import type { Produced } from './producer';
import { RecordBatchWriter } from './record-batch-writer';

export interface ProduceQueueOptions {
  /** A request is closed at about this many bytes. */
  readonly gatherBytes: number;
  /** How long the first record waits for company, milliseconds; 0: until the event loop comes round. */
  readonly lingerMs: number;
  /** Appends reject with `Unavailable` while this much waits. */
  readonly maxPendingBytes: number;
}

/** Sends one record batch for each partition; never rejects. */
export type Send = (batches: ReadonlyMap<number, Buffer>, durable: boolean) => Promise<Produced>;

interface Pending {
  /** Of each record: its partition; and its place within its batch, until that becomes its offset. */
  readonly partitions: number[];
  readonly offsets: number[];
  /** Records whose request is not over. */
  waiting: number;
  failure: TenonError | null;
  resolve(offsets: number[]): void;
  reject(error: unknown): void;
}

/** Some records of an append, those from `from` to `to`, that are in a request. */
interface Piece {
  readonly pending: Pending;
  readonly from: number;
  readonly to: number;
}

class Request {
  readonly writers = new Map<number, RecordBatchWriter>();
  readonly pieces: Piece[] = [];
  bytes = 0;
  durable = false;

  /** @returns the record's place in its partition's batch */
  write(record: NewRecord, now: number): number {
    let writer = this.writers.get(record.partition);
    if (writer === undefined) this.writers.set(record.partition, (writer = new RecordBatchWriter()));
    return writer.record(record, now);
  }
}

/** Of a record's lengths, headers and timestamp, roughly. */
const RECORD_OVERHEAD = 100;

const sizeOf = ({ key, value }: NewRecord) => (key?.length ?? 0) + value.length + RECORD_OVERHEAD;

export class ProduceQueue {
  /** In the order in which they are sent; the last one is still open. */
  private queue: Request[] = [];
  /** What waits in the queue. */
  private bytes = 0;
  private sending: Promise<void> | null = null;
  private closed = false;

  constructor(
    private readonly topic: string,
    private readonly send: Send,
    private readonly options: ProduceQueueOptions,
  ) {}

  /** @returns the offsets, in the order of the records */
  add(records: readonly NewRecord[], durable: boolean): Promise<number[]> {
    if (this.closed) return Promise.reject(new TenonError('log-closed', 'The log is closed.'));
    if (this.bytes > this.options.maxPendingBytes) {
      return Promise.reject(new Unavailable(`More waits to be appended to ${this.topic} than may wait.`));
    }
    return new Promise((resolve, reject) => {
      const { length } = records;
      const pending = { partitions: [], offsets: [], waiting: length, failure: null, resolve, reject };
      this.write(records, durable, pending);
      this.sending ??= this.sendAll().finally(() => (this.sending = null));
    });
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    this.closed = true;
    await this.sending;
  }

  /** Puts records into requests of the size that they should have; a larger record goes alone. */
  private write(records: readonly NewRecord[], durable: boolean, pending: Pending): void {
    const now = Date.now();
    let request = this.queue[this.queue.length - 1];
    let from = 0;
    for (let index = 0; index < records.length; index++) {
      const record = records[index] as NewRecord;
      const size = sizeOf(record);
      if (request === undefined || (request.bytes > 0 && request.bytes + size > this.options.gatherBytes)) {
        if (request !== undefined && index > from) request.pieces.push({ pending, from, to: index });
        from = index;
        request = new Request();
        this.queue.push(request);
      }
      request.bytes += size;
      this.bytes += size;
      request.durable ||= durable;
      pending.partitions.push(record.partition);
      pending.offsets.push(request.write(record, now));
    }
    request?.pieces.push({ pending, from, to: records.length });
  }

  private async sendAll(): Promise<void> {
    await this.gather();
    for (let request = this.queue.shift(); request !== undefined; request = this.queue.shift()) {
      this.bytes -= request.bytes;
      const batches = new Map<number, Buffer>();
      for (const [partition, writer] of request.writers) batches.set(partition, writer.finish());
      this.settle(request, await this.send(batches, request.durable));
    }
  }

  private gather(): Promise<void> {
    const { lingerMs, gatherBytes } = this.options;
    return new Promise((resolve) => {
      if (lingerMs <= 0 || this.bytes >= gatherBytes) setImmediate(resolve);
      else setTimeout(resolve, lingerMs);
    });
  }

  private settle({ pieces }: Request, produced: Produced): void {
    let away: TenonError | null = null;
    for (const piece of pieces) {
      const failure = this.settlePiece(piece, produced);
      if (failure instanceof Unavailable) away = failure;
    }
    if (away !== null) this.giveUp(away);
  }

  private settlePiece({ pending, from, to }: Piece, produced: Produced): TenonError | null {
    const { partitions, offsets } = pending;
    for (let index = from; index < to; index++) {
      const partition = partitions[index] as number;
      const base = produced.get(partition);
      if (typeof base === 'number') offsets[index] = base + (offsets[index] as number);
      else
        pending.failure ??=
          base ?? new Unavailable(`Partition ${partition} of ${this.topic} was not confirmed.`);
    }
    pending.waiting -= to - from;
    // What of a failed append is in later requests goes out all the same: nobody is told that it is in, and nobody is told
    // that it is not.
    if (pending.failure !== null) pending.reject(pending.failure);
    else if (pending.waiting === 0) pending.resolve(offsets);
    return pending.failure;
  }

  /** With the log away, what waits is rejected too: each would otherwise wait for attempts of its own. */
  private giveUp(error: TenonError): void {
    const dropped = this.queue;
    this.queue = [];
    for (const { bytes, pieces } of dropped) {
      this.bytes -= bytes;
      for (const { pending } of pieces) pending.reject(error);
    }
  }
}
