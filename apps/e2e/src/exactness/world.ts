/**
 * The ports as one process of a simulated world sees them: real embedded adapters below, and between them and the
 * service the simulation's turns and the faults that the seed asks for.
 */
import type { PointerDocument, StatesMessage } from '@tenon/contracts';
import { HEADERS, STORE_KEYS, isUnreadable, readFrame } from '@tenon/contracts';
import type { Plan, ProductId, SourceDefinition } from '@tenon/domain';
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
  TopicRemover,
  TroubleBook,
} from '@tenon/ports';
import type { LayerScope } from '@tenon/composition';
import { layersOf, pointersOf, troublesOf } from '@tenon/composition';
import type { LandingZone } from '@tenon/service-consumption';
import { NO_LOGGER } from '@tenon/telemetry';
import { servedPointers, troubleBook } from '@tenon/views';
import type { Calls } from './calls';
import { enginePort, lakePort } from './computing';
import { Counters } from './counters';
import type { Losses } from './losses';
import { Sightings } from './sightings';
import type { Process, Simulation } from './simulation';
import { Gone } from './simulation';
import { WorldStore } from './store';
import { logOf } from './tiers';

/** The adapters below, shared by all processes. */
export interface Adapters {
  readonly log: EventLog & TopicRemover;
  readonly store: ProductStore;
  /** Of products whose layers are apart. */
  readonly batchStore: ProductStore;
  readonly speedStore: ProductStore;
  readonly lake: Lake;
  readonly engine: Engine;
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
  private readonly stores: Readonly<Record<'store' | 'batchStore' | 'speedStore', WorldStore>>;
  /** Told of a product that failed in a way that no injected fault explains. */
  onTrouble: TroubleBook['report'] = async () => undefined;

  constructor(
    public adapters: Adapters,
    private readonly calls: Calls,
    readonly sightings: Sightings,
    readonly losses: Losses,
    private readonly sources: readonly SourceDefinition[],
    /** All that may be run. */
    private readonly planned: readonly Plan[],
    steppedStore: boolean,
    private readonly onAppend: OnAppend,
    logger: Logger = NO_LOGGER,
  ) {
    this.logger = sightings.logger(logger);
    const storeOf = (part: 'store' | 'batchStore' | 'speedStore', seen: Sightings) =>
      new WorldStore(calls, () => this.adapters[part], seen, steppedStore);
    this.stores = {
      store: storeOf('store', sightings),
      batchStore: storeOf('batchStore', sightings),
      // Its pointers are copies: what they say was seen where they moved.
      speedStore: storeOf('speedStore', new Sightings(new Counters(), new Set())),
    };
  }

  get simulation(): Simulation {
    return this.calls.simulation;
  }

  /** The first of the messages of a range that this process is about to append. */
  rangeOf(process: Process): StatesMessage | undefined {
    return this.ranges.get(process);
  }

  /** The base view of a product that is served, as the store has it. */
  pointerOf(product: ProductId): Promise<PointerDocument | undefined> {
    const { store, batchStore } = this.adapters;
    const of = (one: ProductStore) =>
      one.snapshot((snapshot) => snapshot.get<PointerDocument>('meta', STORE_KEYS.pointer(product)));
    return this.simulation.inside(async () => (await of(store)) ?? (await of(batchStore)));
  }

  /** Nobody reaches the store of a layer, or everybody does again. */
  takeAway(layer: 'batch' | 'speed', isAway: boolean): void {
    this.stores[`${layer}Store`].isAway = isAway;
  }

  /** @param group distinguishes consumer groups: a zombie that keeps its partitions is in one of its own */
  async portsFor(process: Process, group: string, plans: readonly Plan[], scope: LayerScope) {
    const store = this.stores.store.portFor(process);
    const clock = this.clock(process);
    const troubles = troubleBook(store, clock);
    const parts = {
      clock,
      store: async (layer: 'batch' | 'speed') => this.stores[`${layer}Store`].portFor(process),
    };
    const made = await layersOf(parts, plans, scope);
    const watched = (zone: LandingZone) => ({ ...zone, troubles: this.watched(process, zone.troubles) });
    const layers = made && {
      ...made,
      ...{ batch: watched(made.batch), speed: made.speed && watched(made.speed) },
    };
    const layer = process.name === 'batch' ? 'batch' : 'speed';
    const lake = lakePort(this.calls, () => this.adapters.lake, process);
    const engine = enginePort(this.calls, () => this.adapters.engine, process);
    const { logger, sources } = this;
    const { accepted } = this.losses;
    const tiers = { log: this.log(process, group), store, lake, engine, clock, logger, sources, accepted };
    return {
      layers,
      clock,
      ids: this.idsPort(),
      logger,
      log: logOf(process.name, tiers),
      store,
      pointers: pointersOf(layers, layer, () => this.planned, servedPointers(store)),
      troubles: troublesOf(layers, () => this.planned, this.watched(process, troubles)),
      lake,
      engine,
    };
  }

  /** The log as somebody has it who is none of the services. */
  strangersLog(process: Process): EventLog {
    return this.log(process, '');
  }

  /** A product that fails alone fails the run: of what is injected nothing stops a product for good. */
  private watched(process: Process, book: TroubleBook): TroubleBook {
    return {
      ...book,
      report: async (product, trouble) => {
        // What its own death looks like from within, no process writes down.
        if (!process.alive) throw new Gone();
        const { counters } = this.calls;
        if (trouble.code === 'unavailable') counters.add('products that failed alone');
        else if (this.losses.explains(trouble)) this.sightings.trouble(process, product, trouble);
        else await this.onTrouble(product, trouble);
        await book.report(product, trouble);
      },
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

  private log(process: Process, group: string): EventLog {
    const { simulation, counters, faults } = this.calls;
    const inner = () => this.adapters.log;
    const write = async (topic: string, records: readonly NewRecord[], options: object) => {
      if (/^tenon\.(flushes|ranges)\./.test(topic) && simulation.random.chance(faults.vanished)) {
        counters.add('vanished states');
        return records.map(() => 0);
      }
      const offsets = await inner().append(topic, this.damage(topic, records), options);
      this.changed(topic);
      if (!this.losses.strays.has(topic)) this.onAppend(topic, records, offsets);
      return offsets;
    };
    // Each partition takes its records by itself; a caller may die, or stand still, between them.
    const writeEach = async (topic: string, records: readonly NewRecord[], options: object) => {
      const offsets: number[] = [];
      let what = `append ${topic}`;
      for (const partition of simulation.random.shuffle([...new Set(records.map((one) => one.partition))])) {
        const at = records.flatMap((one, index) => (one.partition === partition ? [index] : []));
        const mine = at.map((index) => records[index] as NewRecord);
        const taken = await this.calls.effect(process, what, () => write(topic, mine, options));
        at.forEach((index, order) => (offsets[index] = taken[order] as number));
        what = FURTHER;
      }
      return offsets;
    };
    return {
      ensureTopic: (spec) => this.calls.effect(process, 'ensureTopic', () => inner().ensureTopic(spec)),
      hasTopic: (name) => this.calls.call(process, 'hasTopic', () => inner().hasTopic(name)),
      topicId: (name) => this.calls.call(process, 'topicId', () => inner().topicId(name)),
      append: async (topic, records, options = {}) => {
        const half = () =>
          write(topic, records.slice(0, simulation.random.int(0, records.length - 1)), options);
        const whole = () =>
          this.calls.effect(
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
          await this.calls.effect(process, `append ${topic} again`, () => write(topic, records, options));
        }
        if (simulation.random.chance(faults.lostAck)) {
          counters.add('lost acknowledgements');
          throw new Unavailable('the acknowledgement got lost');
        }
        return offsets;
      },
      startOffsets: (topic) => this.calls.call(process, 'startOffsets', () => inner().startOffsets(topic)),
      endOffsets: (topic) => this.calls.call(process, 'endOffsets', () => inner().endOffsets(topic)),
      read: (topic, partition, from, options) =>
        this.calls.call(process, 'read', () => inner().read(topic, partition, from, options)),
      consume: (options) => this.consume(process, group, options),
      deleteBefore: (topic, offsets) =>
        this.calls.effect(process, 'deleteBefore', () => inner().deleteBefore(topic, offsets)),
      close: async () => undefined,
    };
  }

  private damage(topic: string, records: readonly NewRecord[]): readonly NewRecord[] {
    const { random } = this.simulation;
    if (!/^tenon\.(flushes|ranges)\./.test(topic) || !random.chance(this.calls.faults.flipped))
      return records;
    this.calls.counters.add('flipped bits');
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
    const consumer = await this.calls.call(process, 'consume', () =>
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
      this.calls.refuseAtRandom('poll');
      const polled = await simulation.inside(() => consumer.poll({ ...options, maxWaitMs: 0 }));
      if (!process.alive) throw new Gone();
      const { read, assigned, revoked, displaced = [] } = polled;
      const news = read.length + assigned.length + revoked.length + displaced.length > 0;
      if (polled.assigned.length + polled.revoked.length > 0) this.changed(topic);
      if (news || simulation.now >= deadline || options.signal?.aborted === true) return polled;
    }
  }
}

/** What waits while the barriers of a cut stand in some partitions only. */
export const FURTHER = 'append to a further partition';

function messageOf(record: NewRecord | undefined): StatesMessage | undefined {
  if (record === undefined) return undefined;
  const read = readFrame(record.value as Uint8Array);
  return isUnreadable(read) ? undefined : read.message;
}
