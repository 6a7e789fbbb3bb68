/**
 * Appends to one topic: what comes while a request is under way is gathered for the next one. One request at a time
 * keeps the order of each partition without the idempotent producer, which can lose records (docs/adr).
 */
import { TenonError, Unavailable } from '@tenon/ports';
import type { NewRecord } from '@tenon/ports';
import type { Produced } from './producer';
import { encodeRecordBatch } from './record-batch-writer';

export interface AppenderOptions {
  /** A request is closed at about this many bytes. */
  readonly gatherBytes: number;
  /** How long the first record waits for company, milliseconds; 0: until the event loop comes round. */
  readonly lingerMs: number;
  /** Appends reject with `Unavailable` while this much waits. */
  readonly maxPendingBytes: number;
}

/** Sends one batch for each partition; never rejects. */
export type Send = (batches: ReadonlyMap<number, Buffer>, durable: boolean) => Promise<Produced>;

interface Pending {
  readonly records: readonly NewRecord[];
  readonly durable: boolean;
  readonly offsets: number[];
  /** Records that requests have taken. */
  taken: number;
  resolve(offsets: number[]): void;
  reject(error: unknown): void;
}

/** What a request has for one partition, and where the offsets go. */
interface Part {
  readonly records: NewRecord[];
  readonly places: { readonly pending: Pending; readonly index: number }[];
}

type Request = ReadonlyMap<number, Part>;

/** Of a record's lengths, headers and timestamp, roughly. */
const RECORD_OVERHEAD = 100;

const sizeOf = ({ key, value }: NewRecord) => (key?.length ?? 0) + value.length + RECORD_OVERHEAD;

export class Appender {
  private queue: Pending[] = [];
  private bytes = 0;
  private sending: Promise<void> | null = null;
  private closed = false;

  constructor(
    private readonly topic: string,
    private readonly send: Send,
    private readonly options: AppenderOptions,
  ) {}

  /** @returns the offsets, in the order of the records */
  add(records: readonly NewRecord[], durable: boolean): Promise<number[]> {
    if (this.closed) return Promise.reject(new TenonError('log-closed', 'The log is closed.'));
    if (this.bytes > this.options.maxPendingBytes) {
      return Promise.reject(new Unavailable(`More waits to be appended to ${this.topic} than may wait.`));
    }
    for (const record of records) this.bytes += sizeOf(record);
    return new Promise((resolve, reject) => {
      this.queue.push({ records, durable, offsets: new Array(records.length), taken: 0, resolve, reject });
      this.sending ??= this.sendAll().finally(() => (this.sending = null));
    });
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    this.closed = true;
    await this.sending;
  }

  private async sendAll(): Promise<void> {
    await this.gather();
    while (this.queue.length > 0) {
      const { request, durable } = this.takeRequest();
      const now = Date.now();
      const batches = new Map(
        [...request].map(([partition, { records }]) => [partition, encodeRecordBatch(records, now)]),
      );
      this.settle(request, await this.send(batches, durable));
    }
  }

  private gather(): Promise<void> {
    const { lingerMs, gatherBytes } = this.options;
    return new Promise((resolve) => {
      if (lingerMs <= 0 || this.bytes >= gatherBytes) setImmediate(resolve);
      else setTimeout(resolve, lingerMs);
    });
  }

  /** The next records of the queue, up to the size of a request; a larger record goes alone. */
  private takeRequest(): { request: Request; durable: boolean } {
    const { gatherBytes } = this.options;
    const request = new Map<number, Part>();
    let size = 0;
    let durable = false;
    let whole = 0;
    take: for (const pending of this.queue) {
      while (pending.taken < pending.records.length) {
        const index = pending.taken;
        const record = pending.records[index] as NewRecord;
        const more = sizeOf(record);
        if (size > 0 && size + more > gatherBytes) break take;
        size += more;
        pending.taken++;
        durable ||= pending.durable;
        let part = request.get(record.partition);
        if (part === undefined) request.set(record.partition, (part = { records: [], places: [] }));
        part.records.push(record);
        part.places.push({ pending, index });
      }
      whole++;
    }
    this.bytes -= size;
    this.queue = this.queue.slice(whole);
    return { request, durable };
  }

  private settle(request: Request, produced: Produced): void {
    const touched = new Set<Pending>();
    const failed = new Map<Pending, TenonError>();
    for (const [partition, { places }] of request) {
      const base = produced.get(partition);
      places.forEach(({ pending, index }, i) => {
        if (typeof base === 'number') pending.offsets[index] = base + i;
        else
          failed.set(
            pending,
            base ?? new Unavailable(`Partition ${partition} of ${this.topic} was not confirmed.`),
          );
        touched.add(pending);
      });
    }
    for (const pending of touched) {
      if (!failed.has(pending) && pending.taken === pending.records.length) pending.resolve(pending.offsets);
    }
    if (failed.size > 0) this.fail(failed);
  }

  /** With the log away, what waits is rejected too: each would otherwise wait for attempts of its own. */
  private fail(failed: Map<Pending, TenonError>): void {
    const away = [...failed.values()].find((error) => error instanceof Unavailable);
    const dropped = this.queue.filter((pending) => away !== undefined || failed.has(pending));
    this.queue = this.queue.filter((pending) => !dropped.includes(pending));
    for (const pending of dropped) {
      for (const left of pending.records.slice(pending.taken)) this.bytes -= sizeOf(left);
      if (away !== undefined && !failed.has(pending)) failed.set(pending, away);
    }
    for (const [pending, error] of failed) pending.reject(error);
  }
}
