/**
 * Appends to one topic: what comes while a request is under way is gathered for the next one. One request at a time
 * keeps the order of each partition without the idempotent producer, which can lose records (docs/adr).
 */
import type { Message, Producer, RecordMetadata } from 'kafkajs';
import { TenonError, Unavailable } from '@tenon/ports';
import type { NewRecord } from '@tenon/ports';
import { toTenonError } from './errors';

export interface AppenderOptions {
  /** A request is closed at about this many bytes. */
  readonly gatherBytes: number;
  /** How long the first record waits for company, milliseconds; 0: until the event loop comes round. */
  readonly lingerMs: number;
  /** Appends reject with `Unavailable` while this much waits. */
  readonly maxPendingBytes: number;
}

interface Pending {
  readonly records: readonly NewRecord[];
  readonly durable: boolean;
  readonly offsets: number[];
  /** Records that requests have taken. */
  taken: number;
  resolve(offsets: number[]): void;
  reject(error: unknown): void;
}

/** Where an offset of an answer goes. */
interface Slot {
  readonly pending: Pending;
  readonly index: number;
}

/** Of the header, timestamp and lengths, roughly. */
const RECORD_OVERHEAD = 40;

const sizeOf = ({ key, value }: NewRecord) => (key?.length ?? 0) + value.length + RECORD_OVERHEAD;

export class Appender {
  private queue: Pending[] = [];
  private bytes = 0;
  private sending: Promise<void> | null = null;
  private closed = false;

  constructor(
    private readonly topic: string,
    private readonly producer: (durable: boolean) => Promise<Producer>,
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
      const request = this.takeRequest();
      try {
        const producer = await this.producer(request.durable);
        const topicMessages = [{ topic: this.topic, messages: request.messages }];
        const answer = await producer.sendBatch({ acks: request.durable ? -1 : 1, timeout: 10_000, topicMessages });
        this.settle(request.slots, answer);
      } catch (error) {
        this.fail(request.slots, toTenonError(error, `Topic ${this.topic} could not be appended to`));
      }
    }
  }

  private gather(): Promise<void> {
    const { lingerMs, gatherBytes } = this.options;
    return new Promise((resolve) => {
      if (lingerMs <= 0 || this.bytes >= gatherBytes) setImmediate(resolve);
      else setTimeout(resolve, lingerMs);
    });
  }

  /** The next records of the queue, up to the size of a request. */
  private takeRequest() {
    const messages: Message[] = [];
    const slots = new Map<number, Slot[]>();
    let size = 0;
    let durable = false;
    for (const pending of this.queue) {
      if (size >= this.options.gatherBytes) break;
      durable ||= pending.durable;
      while (pending.taken < pending.records.length && size < this.options.gatherBytes) {
        const index = pending.taken++;
        const record = pending.records[index] as NewRecord;
        size += sizeOf(record);
        messages.push(toMessage(record));
        const slot = { pending, index };
        const partition = slots.get(record.partition);
        if (partition === undefined) slots.set(record.partition, [slot]);
        else partition.push(slot);
      }
    }
    this.bytes -= size;
    this.queue = this.queue.filter((pending) => pending.taken < pending.records.length);
    return { messages, slots, durable };
  }

  private settle(slots: ReadonlyMap<number, readonly Slot[]>, answer: readonly RecordMetadata[]): void {
    const bases = new Map(answer.map((one) => [one.partition, Number(one.baseOffset)]));
    // After a change of leaders kafkajs may take a partition for sent that it never sent.
    if ([...slots.keys()].some((partition) => !((bases.get(partition) ?? -1) >= 0))) {
      throw new Unavailable(`Topic ${this.topic}: Kafka did not confirm every partition.`);
    }
    const touched = new Set<Pending>();
    for (const [partition, places] of slots) {
      const base = bases.get(partition) as number;
      places.forEach(({ pending, index }, i) => {
        pending.offsets[index] = base + i;
        touched.add(pending);
      });
    }
    for (const pending of touched) {
      if (pending.taken === pending.records.length) pending.resolve(pending.offsets);
    }
  }

  /** What waits is rejected too: with the log away, each would otherwise wait for its own attempts in turn. */
  private fail(slots: ReadonlyMap<number, readonly Slot[]>, error: TenonError): void {
    const failed = new Set([...slots.values()].flat().map(({ pending }) => pending));
    if (error instanceof Unavailable) {
      for (const pending of this.queue) failed.add(pending);
      this.queue = [];
      this.bytes = 0;
    } else {
      for (const pending of this.queue)
        if (failed.has(pending)) for (const left of pending.records.slice(pending.taken)) this.bytes -= sizeOf(left);
      this.queue = this.queue.filter((pending) => !failed.has(pending));
    }
    for (const pending of failed) pending.reject(error);
  }
}

const bytesOf = (value: Uint8Array) => Buffer.from(value.buffer, value.byteOffset, value.byteLength);

function toMessage({ partition, key, value, headers, timestamp }: NewRecord): Message {
  return {
    partition,
    key: key === null || typeof key === 'string' ? key : bytesOf(key),
    value: typeof value === 'string' ? value : bytesOf(value),
    ...(headers && { headers }),
    ...(timestamp !== undefined && { timestamp: String(timestamp) }),
  };
}
