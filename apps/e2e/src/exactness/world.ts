/**
 * The ports as one process of a simulated world sees them: real embedded adapters below, and between them and the
 * service the simulation's turns and the faults that the seed asks for.
 */
import type { PointerDocument, StatesMessage } from '@tenon/contracts';
import { HEADERS, STORE_KEYS, isPointerKey, isUnreadable, readFrame } from '@tenon/contracts';
import type { ProductId } from '@tenon/domain';
import { Unavailable } from '@tenon/errors';
import type {
  Clock,
  ConsumeOptions,
  Engine,
  EventLog,
  Ids,
  Lake,
  LogConsumer,
  Logger,
  NewRecord,
  PollOptions,
  ProductStore,
  StoreSnapshot,
  StoreTable,
  StoreTransaction,
} from '@tenon/ports';
import { NO_LOGGER } from '@tenon/telemetry';
import { servedPointers, troubleBook } from '@tenon/views';
import type { Counters } from './counters';
import type { Sightings } from './sightings';
import type { Process, Simulation } from './simulation';
import { Gone } from './simulation';

/** The adapters below, shared by all processes. */
export interface Adapters {
  readonly log: EventLog;
  readonly store: ProductStore;
  readonly lake: Lake;
  readonly engine: Engine;
}

/** How often things go wrong. */
export interface Faults {
  /** A call fails before it has done anything. */
  readonly refused: number;
  /** An append is done, but its caller is told that it failed. */
  readonly lostAck: number;
  /** An append of states is acknowledged and lost. */
  readonly vanished: number;
  /** A bit of an append of states is another one once it is in the log. */
  readonly flipped: number;
  /** A client library sends an append twice. */
  readonly doubled: number;
  /** A call that waits when its process dies takes effect all the same, at some later time. */
  readonly afterDeath: number;
}

/** Records that were appended, as they stand in the log. */
export type OnAppend = (topic: string, records: readonly NewRecord[], offsets: readonly number[]) => void;

export class World {
  /** Topic → how often something happened that may be news to its readers. */
  private readonly changes = new Map<string, number>();
  private ids = 0;
  private readonly consumers = new Map<Process, Map<LogConsumer, string>>();
  private readonly ranges = new Map<Process, StatesMessage>();
  private readonly logger: Logger;

  constructor(
    readonly simulation: Simulation,
    public adapters: Adapters,
    private readonly faults: Faults,
    private readonly counters: Counters,
    readonly sightings: Sightings,
    private readonly onAppend: OnAppend,
    logger: Logger = NO_LOGGER,
  ) {
    this.logger = sightings.logger(logger);
  }

  /** The first of the messages of a range that this process is about to append. */
  rangeOf(process: Process): StatesMessage | undefined {
    return this.ranges.get(process);
  }

  /** The base view of a product that is served, as the store has it. */
  pointerOf(product: ProductId): Promise<PointerDocument | undefined> {
    return this.simulation.inside(() =>
      this.adapters.store.snapshot((snapshot) =>
        snapshot.get<PointerDocument>('meta', STORE_KEYS.pointer(product)),
      ),
    );
  }

  /** @param group distinguishes consumer groups: a zombie that keeps its partitions is in one of its own */
  portsFor(process: Process, group: string) {
    const store = this.store(process);
    const clock = this.clock(process);
    return {
      clock,
      ids: this.idsPort(),
      logger: this.logger,
      log: this.log(process, group),
      store,
      pointers: servedPointers(store),
      troubles: troubleBook(store, clock),
      lake: this.lake(process),
      engine: this.engine(process),
    };
  }

  /** The consumers of a dead process leave their groups; without this they are thought alive for a session's length. */
  async disconnect(process: Process): Promise<void> {
    for (const [consumer, topic] of this.consumers.get(process) ?? []) {
      await this.simulation.inside(() => consumer.close());
      this.changed(topic);
    }
    this.consumers.delete(process);
  }

  private changed(topic: string): void {
    this.changes.set(topic, (this.changes.get(topic) ?? 0) + 1);
  }

  private clock(process: Process): Clock {
    const { simulation } = this;
    return {
      now: () => Math.floor(simulation.now),
      monotonic: () => simulation.now,
      sleep: async (ms, signal) => {
        try {
          await simulation.turn(process, 'sleep', {
            due: simulation.now + ms,
            ready: () => signal?.aborted === true,
          });
        } catch {
          await new Promise(() => undefined); // a dead process sleeps for ever
        }
      },
    };
  }

  private idsPort(): Ids {
    return { next: () => `id-${String((this.ids += 1)).padStart(8, '0')}` };
  }

  /** One call: its turn, then the operation, unless the seed has it fail. */
  private async call<T>(process: Process, what: string, operation: () => Promise<T>): Promise<T> {
    await this.simulation.turn(process, what);
    this.refuseAtRandom(what);
    const result = await this.simulation.inside(operation);
    if (!process.alive) throw new Gone();
    return result;
  }

  private refuseAtRandom(what: string): void {
    if (!this.simulation.random.chance(this.faults.refused)) return;
    this.counters.add('refused calls');
    throw new Unavailable(`${what} failed at random`);
  }

  /**
   * A call that changes something outside of the process: once it has been sent, it may take effect although its process
   * dies, and even later, when a new incarnation is at work.
   */
  private async effect<T>(
    process: Process,
    what: string,
    operation: () => Promise<T>,
    half?: () => Promise<unknown>,
  ): Promise<T> {
    try {
      await this.simulation.turn(process, what);
    } catch (error) {
      this.leaveBehind(process, what, operation, half);
      throw error;
    }
    this.refuseAtRandom(what);
    const result = await this.simulation.inside(operation);
    if (!process.alive) throw new Gone();
    return result;
  }

  private leaveBehind(
    process: Process,
    what: string,
    operation: () => Promise<unknown>,
    half?: () => Promise<unknown>,
  ): void {
    const { random } = this.simulation;
    if (!random.chance(this.faults.afterDeath)) return;
    const torn = half !== undefined && random.chance(0.5);
    this.counters.add(torn ? 'torn appends' : 'calls after death');
    // Nobody waits for it, and nobody is told.
    void this.simulation
      .turn(this.simulation.network, `${what} of ${process.name}, which is dead`)
      .then(() => this.simulation.inside(torn ? half : operation))
      .catch(() => undefined);
  }

  private log(process: Process, group: string): EventLog {
    const { simulation, counters, faults } = this;
    const inner = () => this.adapters.log;
    const write = async (topic: string, records: readonly NewRecord[], options: object) => {
      if (/^tenon\.(flushes|ranges)\./.test(topic) && simulation.random.chance(faults.vanished)) {
        counters.add('vanished states');
        return records.map(() => 0);
      }
      const offsets = await inner().append(topic, this.damage(topic, records), options);
      this.changed(topic);
      this.onAppend(topic, records, offsets);
      return offsets;
    };
    // Each partition takes its records by itself; a caller may die, or stand still, between them.
    const writeEach = async (topic: string, records: readonly NewRecord[], options: object) => {
      const offsets: number[] = [];
      let what = `append ${topic}`;
      for (const partition of simulation.random.shuffle([...new Set(records.map((one) => one.partition))])) {
        const at = records.flatMap((one, index) => (one.partition === partition ? [index] : []));
        const mine = at.map((index) => records[index] as NewRecord);
        const taken = await this.effect(process, what, () => write(topic, mine, options));
        at.forEach((index, order) => (offsets[index] = taken[order] as number));
        what = FURTHER;
      }
      return offsets;
    };
    return {
      ensureTopic: (spec) => this.effect(process, 'ensureTopic', () => inner().ensureTopic(spec)),
      hasTopic: (name) => this.call(process, 'hasTopic', () => inner().hasTopic(name)),
      append: async (topic, records, options = {}) => {
        const half = () =>
          write(topic, records.slice(0, simulation.random.int(0, records.length - 1)), options);
        const whole = () =>
          this.effect(
            process,
            `append ${topic}`,
            () => write(topic, records, options),
            records.length > 1 ? half : undefined,
          );
        const isCut = records.some(({ headers }) => headers?.[HEADERS.control] !== undefined);
        const message = topic.startsWith('tenon.ranges.') ? messageOf(records[0]) : undefined;
        if (message !== undefined) this.ranges.set(process, message);
        const written = isCut ? writeEach(topic, records, options) : whole();
        const offsets = await written.finally(() => this.ranges.delete(process));
        if (simulation.random.chance(faults.doubled)) {
          counters.add('doubled appends');
          await this.effect(process, `append ${topic} again`, () => write(topic, records, options));
        }
        if (simulation.random.chance(faults.lostAck)) {
          counters.add('lost acknowledgements');
          throw new Unavailable('the acknowledgement got lost');
        }
        return offsets;
      },
      startOffsets: (topic) => this.call(process, 'startOffsets', () => inner().startOffsets(topic)),
      endOffsets: (topic) => this.call(process, 'endOffsets', () => inner().endOffsets(topic)),
      read: (topic, partition, from, options) =>
        this.call(process, 'read', () => inner().read(topic, partition, from, options)),
      consume: (options) => this.consume(process, group, options),
      deleteBefore: (topic, offsets) =>
        this.effect(process, 'deleteBefore', () => inner().deleteBefore(topic, offsets)),
      close: async () => undefined,
    };
  }

  private damage(topic: string, records: readonly NewRecord[]): readonly NewRecord[] {
    const { random } = this.simulation;
    if (!/^tenon\.(flushes|ranges)\./.test(topic) || !random.chance(this.faults.flipped)) return records;
    this.counters.add('flipped bits');
    const flipped = random.int(0, records.length - 1);
    return records.map((record, index) => {
      if (index !== flipped) return record;
      const value = Buffer.from(record.value as Uint8Array);
      const at = random.int(0, value.length - 1);
      value[at] = (value[at] as number) ^ (1 << random.int(0, 7));
      return { ...record, value };
    });
  }

  private async consume(process: Process, group: string, options: ConsumeOptions): Promise<LogConsumer> {
    const { simulation } = this;
    const consumer = await this.call(process, 'consume', () =>
      this.adapters.log.consume({
        ...options,
        group: `${options.group}${group}`,
        startAt: (partition) => simulation.outside(() => options.startAt(partition)),
      }),
    );
    const { topic } = options;
    this.changed(topic);
    const mine = this.consumers.get(process) ?? new Map<LogConsumer, string>();
    this.consumers.set(process, mine.set(consumer, topic));
    return {
      poll: (asked) => this.poll(process, consumer, topic, asked),
      seek: (partition, offset) => {
        consumer.seek(partition, offset);
        this.changed(topic);
      },
      close: async () => {
        mine.delete(consumer);
        await consumer.close();
        this.changed(topic);
      },
    };
  }

  private async poll(process: Process, consumer: LogConsumer, topic: string, options: PollOptions) {
    const { simulation } = this;
    const deadline = simulation.now + options.maxWaitMs;
    for (let seen: number | undefined = -1; ;) {
      const isNews = () => this.changes.get(topic) !== seen || options.signal?.aborted === true;
      await simulation.turn(process, 'poll', { due: seen === -1 ? 0 : deadline, ready: isNews });
      seen = this.changes.get(topic);
      this.refuseAtRandom('poll');
      const polled = await simulation.inside(() => consumer.poll({ ...options, maxWaitMs: 0 }));
      if (!process.alive) throw new Gone();
      const news = polled.read.length + polled.assigned.length + polled.revoked.length > 0;
      if (polled.assigned.length + polled.revoked.length > 0) this.changed(topic);
      if (news || simulation.now >= deadline || options.signal?.aborted === true) return polled;
    }
  }

  private store(process: Process): ProductStore {
    const { simulation } = this;
    const inner = () => this.adapters.store;
    return {
      transact: <T>(work: (tx: StoreTransaction) => Promise<T>) =>
        this.effect(process, 'transact', () =>
          this.sightings.transact<T>(process, (watched) => inner().transact(watched), work),
        ),
      snapshot: async (read) => {
        await simulation.turn(process, 'snapshot');
        this.refuseAtRandom('snapshot');
        const ended: (() => void)[] = [];
        try {
          return await simulation.inside(() =>
            inner().snapshot((snapshot) =>
              simulation.outside(() => read(this.snapshot(process, snapshot, ended))),
            ),
          );
        } finally {
          for (const end of ended) end();
        }
      },
      close: async () => undefined,
    };
  }

  /** @param ended to be called when the snapshot is closed */
  private snapshot(process: Process, snapshot: StoreSnapshot, ended: (() => void)[]): StoreSnapshot {
    const { simulation } = this;
    const isReader = process.name === 'serving';
    const inside = async <T>(operation: () => Promise<T>): Promise<T> => {
      if (!process.alive) throw new Gone();
      return simulation.inside(operation);
    };
    return {
      get: (table, key) => inside(() => snapshot.get(table, key)),
      getMany: async <T>(table: StoreTable, keys: readonly string[]) => {
        const found = await inside(() => snapshot.getMany<T>(table, keys));
        if (!process.overlooksFull) return found;
        return found.map((one, at) =>
          keys[at]?.startsWith('archive-head/') && one !== undefined ? { ...one, fulls: [] } : one,
        );
      },
      scan: (table, range) => {
        if (isReader && range.and !== undefined && isPointerKey(range.and))
          ended.push(this.sightings.reading(range.and.slice('pointer/'.length)));
        // A read is long enough for others to write, and to prune, meanwhile.
        const slowly = async <T>(operation: () => Promise<T>): Promise<T> => {
          if (table !== 'meta' && simulation.random.chance(0.1)) await simulation.turn(process, 'scan');
          return inside(operation);
        };
        return each(isReader ? slowly : inside, snapshot.scan(table, range));
      },
    };
  }

  private lake(process: Process): Lake {
    const inner = () => this.adapters.lake;
    return {
      stage: () => this.call(process, 'stage', () => inner().stage()),
      commit: (path, name) => this.effect(process, 'commit', () => inner().commit(path, name)),
      list: (prefix) => this.call(process, 'list', () => inner().list(prefix)),
      path: (name) => this.simulation.inside(() => inner().path(name)),
      print: (path) => this.simulation.inside(() => inner().print(path)),
      remove: (name) => this.effect(process, 'remove', () => inner().remove(name)),
    };
  }

  private engine(process: Process): Engine {
    const inner = () => this.adapters.engine;
    const inside = <T>(operation: () => Promise<T>) => this.call(process, 'engine', operation);
    return {
      interrupt: () => inner().interrupt(),
      plan: (source, product) => inside(() => inner().plan(source, product)),
      open: async (source, plans, events) => {
        const batch = await inside(() => inner().open(source, plans, events));
        return {
          poison: batch.poison,
          aggregate: (plan) => inside(() => batch.aggregate(plan)),
          close: () => this.simulation.inside(() => batch.close()),
        };
      },
      archiveColumns: (source) => inner().archiveColumns(source),
      openArchive: (source) => {
        const writer = inner().openArchive(source);
        return {
          add: (records) => inside(() => writer.add(records)),
          finish: (path) => inside(() => writer.finish(path)),
          discard: () => this.simulation.inside(() => writer.discard()),
        };
      },
      aggregateArchive: async (source, plan, ranges) => {
        const result = await inside(() => inner().aggregateArchive(source, plan, ranges));
        return { ...result, cells: each(inside, result.cells) };
      },
      finalize: (plan, cells) => inside(() => inner().finalize(plan, cells)),
      close: async () => undefined,
    };
  }
}

/** What waits while the barriers of a cut stand in some partitions only. */
export const FURTHER = 'append to a further partition';

function messageOf(record: NewRecord | undefined): StatesMessage | undefined {
  if (record === undefined) return undefined;
  const read = readFrame(record.value as Uint8Array);
  return isUnreadable(read) ? undefined : read.message;
}

/** An iterable of an adapter whose steps run as `inside` says. */
async function* each<T>(
  inside: <R>(operation: () => Promise<R>) => Promise<R>,
  iterable: AsyncIterable<T>,
): AsyncGenerator<T> {
  const iterator = iterable[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await inside(() => iterator.next());
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}
