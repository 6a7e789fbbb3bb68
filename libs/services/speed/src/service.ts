/**
 * The speed layer: reads the live log in micro-batches, folds them into the states of the open epoch, and flushes what
 * changed. It keeps nothing durable; a restart replays each partition from the cut that its products are served at.
 */
import { type Plan, type SourceDefinition, FIRST_EPOCH } from '@tenon/domain';
import type { PointerDocument } from '@tenon/contracts';
import {
  FRAME_CELLS,
  STORE_KEYS,
  SUBJECTS,
  TOPICS,
  productKey,
  readReplayHint,
  supported,
} from '@tenon/contracts';
import type {
  Bus,
  Clock,
  Engine,
  EventLog,
  Ids,
  LogConsumer,
  LogReading,
  Logger,
  MetricSample,
  Metrics,
  Polled,
  ProductStore,
  Refused,
  RunningService,
  Span,
  Subscription,
  Tracer,
} from '@tenon/ports';
import { NO_METRICS, NO_TRACER } from '@tenon/telemetry';
import { type DeadLetter, letterRecord, lettersOf } from './dead-letters';
import { makeFlush, type PendingFlush } from './flush';
import { Outbox } from './outbox';
import { LivePartition } from './partition';
import { readRound, type Round } from './records';
import { traceMicroBatch } from './spans';

export interface SpeedConfig {
  /** Records of one micro-batch at most. */
  readonly maxBatchRecords: number;
  /** Small batches wait up to this long for company, milliseconds: fewer, larger batches when there is little to do. */
  readonly lingerMs: number;
  /** Cells per frame of a flush at most. */
  readonly frameCells: number;
}

export const SPEED_DEFAULTS: SpeedConfig = { maxBatchRecords: 20_000, lingerMs: 15, frameCells: FRAME_CELLS };

export interface SpeedDeps {
  readonly log: EventLog;
  readonly bus: Bus;
  /** Only its pointers are read: from where to replay. */
  readonly store: Pick<ProductStore, 'snapshot'>;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly tracer?: Tracer;
  readonly sources: readonly SourceDefinition[];
  readonly plans: readonly Plan[];
  readonly config: SpeedConfig;
}

/** Starts the speed layer for all sources that have products. */
export async function createSpeed(deps: SpeedDeps): Promise<RunningService> {
  const workers = deps.sources
    .map((source) => ({ source, plans: deps.plans.filter((plan) => plan.source === source.name) }))
    .filter(({ plans }) => plans.length > 0)
    .map(({ source, plans }) => new SourceWorker(deps, source, plans));
  await Promise.all(workers.map((worker) => worker.start()));
  const { metrics = NO_METRICS } = deps;
  const each = (read: (worker: SourceWorker) => readonly MetricSample[]) => () => workers.flatMap(read);
  metrics.counter(
    'tenon_events_total',
    'Events by what became of them.',
    each((worker) => worker.outcomes()),
  );
  metrics.gauge(
    'tenon_cells',
    'Cells of open epochs held in memory.',
    each((worker) => worker.held()),
  );
  const done = Promise.all(workers.map((worker) => worker.done)).then(() => undefined);
  done.catch(() => undefined); // whoever holds `done` handles it; without a holder it must not end the process
  return {
    name: 'speed',
    routes: [],
    ready: () => ({ ok: true }),
    status: () => ({ sources: workers.map((worker) => worker.status()) }),
    readings: () => workers.map((worker) => worker.reading()),
    done,
    stop: async () => {
      await Promise.all(workers.map((worker) => worker.stop()));
    },
  };
}

const groupOf = (source: SourceDefinition) => `tenon-speed-${source.name}`;

class SourceWorker {
  private readonly partitions = new Map<number, LivePartition>();
  private readonly stopping = new AbortController();
  private readonly types: ReadonlyMap<string, readonly string[]>;
  private readonly subscriptions: Subscription[] = [];
  private readonly toReplay = new Set<number>();
  private consumer!: LogConsumer;
  private events = 0;
  private batches = 0;
  private busyMs = 0;
  private duplicates = 0;
  private deadLetters = 0;
  private readonly observeBatch: (seconds: number) => void;
  private readonly outbox: Outbox;
  /** The engine puts away the last micro-batch meanwhile. */
  private closing: Promise<void> = Promise.resolve();
  done: Promise<void> = Promise.resolve();

  constructor(
    private readonly deps: SpeedDeps,
    private readonly source: SourceDefinition,
    private readonly plans: readonly Plan[],
  ) {
    this.types = new Map(plans.map((plan) => [plan.product, plan.key.map((key) => key.type)]));
    const { metrics = NO_METRICS } = deps;
    const labels = { source: source.name };
    this.observeBatch = metrics.histogram(
      'tenon_micro_batch_duration_seconds',
      'Time to fold one micro-batch and hand over what changed.',
      labels,
    );
    const observeFlush = metrics.histogram(
      'tenon_flush_duration_seconds',
      'Time until the log had taken the flushes of one micro-batch.',
      labels,
    );
    this.outbox = new Outbox(deps, this.stopping.signal, observeFlush);
  }

  async start(): Promise<void> {
    const { log, bus, logger } = this.deps;
    const topic = TOPICS.events(this.source.name);
    await log.ensureTopic({ name: topic, partitions: this.source.partitions });
    await log.ensureTopic({ name: TOPICS.deadLetters(this.source.name), partitions: 1 });
    for (const plan of this.plans)
      await log.ensureTopic({ name: TOPICS.states(plan.product), partitions: this.source.partitions });
    for (const plan of this.plans)
      this.subscriptions.push(
        await bus.subscribe(SUBJECTS.replay(plan.product), ({ payload }) => {
          const partition = readReplayHint(payload);
          if (partition !== undefined) this.toReplay.add(partition);
        }),
      );
    this.consumer = await log.consume({
      topic,
      group: groupOf(this.source),
      startAt: (partition) => this.assign(partition),
    });
    this.done = this.run().catch((error: unknown) => {
      if (this.stopping.signal.aborted) return;
      logger.error({ error, source: this.source.name }, 'speed stopped');
      throw error;
    });
    this.done.catch(() => undefined);
  }

  /** Where to read a partition from: the cut of the oldest generation among its products, less the dedupe window. */
  private async assign(partition: number): Promise<number> {
    const cursor = await this.deps.store.snapshot(async (snapshot) => {
      const pointers = await snapshot.getMany<PointerDocument>(
        'meta',
        this.plans.map((plan) => STORE_KEYS.pointer(productKey(plan.product, plan.version))),
      );
      return pointers
        .map((pointer) => supported('pointer', pointer))
        .map((pointer) => ({ epoch: pointer?.epochs[partition] ?? 0, start: pointer?.cut[partition] ?? 0 }))
        .reduce((oldest, one) => (one.start < oldest.start ? one : oldest));
    });
    const plans = this.plans.map((plan) => ({ plan, types: this.types.get(plan.product) ?? [] }));
    const state = new LivePartition(
      partition,
      cursor.start === 0 ? FIRST_EPOCH : cursor,
      this.source.dedupe.window,
      plans,
    );
    this.partitions.set(partition, state);
    this.deps.logger.info(
      { source: this.source.name, partition, ...state.cursor },
      'speed reads a partition from its cut',
    );
    return Math.max(0, state.next - this.source.dedupe.window);
  }

  private async run(): Promise<void> {
    const { clock, config } = this.deps;
    const { signal } = this.stopping;
    let took = 0;
    while (!signal.aborted) {
      await this.replay();
      const polled = await this.consumer.poll({
        maxRecords: config.maxBatchRecords,
        maxWaitMs: 1000,
        signal,
      });
      if (polled.batches.length === 0 && polled.revoked.length === 0) continue;
      const began = clock.monotonic();
      await this.process(polled);
      took = clock.monotonic() - began;
      this.busyMs += took;
      this.observeBatch(took / 1000);
      // Few events: wait as long as the last batch took, so that half of the time is left to others.
      const records = polled.batches.reduce((sum, batch) => sum + batch.records.length, 0);
      if (records < 256) await clock.sleep(Math.min(config.lingerMs, took), signal);
    }
    await this.outbox.drain();
  }

  /** Goes back to the cut where consumption missed a flush. */
  private async replay(): Promise<void> {
    for (const partition of this.toReplay) {
      this.toReplay.delete(partition);
      if (!this.partitions.has(partition)) continue;
      this.deps.logger.warn(
        { source: this.source.name, partition },
        'speed replays a partition: a flush went missing',
      );
      this.consumer.seek(partition, await this.assign(partition));
    }
  }

  private async process(polled: Polled): Promise<void> {
    // A partition that was lost and came back meanwhile has its new state already.
    for (const partition of polled.revoked)
      if (!polled.assigned.includes(partition)) this.partitions.delete(partition);
    const queue = polled.batches.flatMap((batch) => {
      const state = this.partitions.get(batch.partition);
      return state === undefined ? [] : [{ state, records: batch.records, at: 0 }];
    });
    // Each round takes every partition up to its next barrier, so that an engine run covers all of them.
    for (let open = queue; open.length > 0; open = open.filter((one) => one.at < one.records.length)) {
      const rounds = open.map((one) => {
        const round = readRound(one.state, one.records, one.at);
        one.at += round.used;
        return { state: one.state, round };
      });
      const { tracer = NO_TRACER } = this.deps;
      if (!tracer.enabled) await this.fold(rounds);
      else await traceMicroBatch(tracer, this.source.name, rounds, (span) => this.fold(rounds, span));
    }
  }

  private async fold(rounds: readonly { state: LivePartition; round: Round }[], span?: Span): Promise<void> {
    const { engine } = this.deps;
    const events = rounds.flatMap(({ round }) => round.events);
    const refused: Refused[] = [];
    for (const { state, round } of rounds) {
      this.duplicates += round.counts.duplicate;
      for (const product of state.products.values()) product.count(round.counts);
    }
    await this.closing;
    if (events.length > 0) {
      const batch = await engine.open(this.source, this.plans, events);
      try {
        refused.push(...batch.poison);
        for (const plan of this.plans) {
          const result = await batch.aggregate(plan);
          refused.push(...result.refused.map((one) => ({ ...one, code: `${plan.product}:${one.code}` })));
          for (const part of result.partitions)
            this.partitions.get(part.partition)?.products.get(plan.product)?.add(part.cells, part.ledger);
        }
      } finally {
        this.closing = batch.close();
        this.closing.catch(() => undefined); // the next micro-batch meets it
      }
    }
    this.events += events.length;
    this.batches += 1;
    const flushes = this.plans.map((plan) => this.flushesOf(plan, rounds));
    for (const { state, round } of rounds)
      if (round.barrier !== null) state.open({ epoch: round.barrier.epoch, start: round.barrier.offset + 1 });
    const conflicts = rounds.flatMap(({ round }) => round.conflicts);
    await this.deadLetter([...conflicts, ...lettersOf(refused, events)]);
    await this.outbox.send(flushes.flat(), span);
  }

  private flushesOf(plan: Plan, rounds: readonly { state: LivePartition; round: Round }[]): PendingFlush[] {
    const made = rounds.flatMap(({ state, round }) => makeFlush(this.deps, plan, state, round.barrier) ?? []);
    if (made.length === 0) return [];
    return [
      {
        topic: TOPICS.states(plan.product),
        records: made.flatMap((one) => one.records),
        cells: made.reduce((sum, one) => sum + one.cells, 0),
      },
    ];
  }

  private async deadLetter(letters: readonly DeadLetter[]): Promise<void> {
    if (letters.length === 0) return;
    await this.outbox.append(TOPICS.deadLetters(this.source.name), letters.map(letterRecord));
    this.deadLetters += letters.length;
    this.deps.logger.warn(
      { source: this.source.name, count: letters.length, first: letters[0]?.reason },
      'events were dead-lettered',
    );
  }

  reading(): LogReading {
    return {
      topic: TOPICS.events(this.source.name),
      group: groupOf(this.source),
      next: Object.fromEntries(
        [...this.partitions].map(([partition, { next }]) => [String(partition), next]),
      ),
    };
  }

  outcomes(): MetricSample[] {
    const source = this.source.name;
    return [
      { labels: { source, outcome: 'folded' }, value: this.events },
      { labels: { source, outcome: 'duplicate' }, value: this.duplicates },
      { labels: { source, outcome: 'dead_lettered' }, value: this.deadLetters },
    ];
  }

  held(): MetricSample[] {
    return [{ labels: { source: this.source.name }, value: this.cells() }];
  }

  private cells(): number {
    return [...this.partitions.values()].reduce(
      (sum, state) => sum + [...state.products.values()].reduce((n, one) => n + one.size, 0),
      0,
    );
  }

  status(): Record<string, unknown> {
    return {
      source: this.source.name,
      partitions: [...this.partitions.values()].map((state) => ({
        partition: state.partition,
        epoch: state.cursor.epoch,
        next: state.next,
      })),
      cells: this.cells(),
      events: this.events,
      batches: this.batches,
      busyMs: Math.round(this.busyMs),
    };
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.done.catch(() => undefined);
    await this.closing.catch(() => undefined);
    for (const subscription of this.subscriptions) await subscription.close();
    await this.consumer.close();
  }
}
