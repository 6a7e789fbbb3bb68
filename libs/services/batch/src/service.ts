/**
 * The batch layer: archives the log into the lake, and at each cut computes the states of the range since the served
 * generation (or of everything) from the archive. What it needs to know after a restart stands in the lake's listing
 * and in the store's pointers.
 */
import type { PointerDocument } from '@tenon/contracts';
import { FRAME_CELLS, STORE_KEYS, SUBJECTS, TOPICS, productKey } from '@tenon/contracts';
import type { Plan, SourceDefinition } from '@tenon/domain';
import type {
  Bus,
  Clock,
  Engine,
  EventLog,
  Ids,
  Lake,
  LogReading,
  Logger,
  MetricSample,
  Metrics,
  ProductStore,
  RunningService,
  Subscription,
} from '@tenon/ports';
import { NO_METRICS } from '@tenon/ports';
import type { ArchiverConfig, CompleteCut } from './archiver';
import { Archiver } from './archiver';
import { runBatch, type RunReport } from './run';

export interface BatchConfig extends ArchiverConfig {
  /** A run whose generation is not served after this long is made again, milliseconds. */
  readonly rerunAfterMs: number;
  /** Cells per frame of a range at most. */
  readonly frameCells: number;
}

export const BATCH_DEFAULTS: BatchConfig = {
  maxFileRecords: 100_000,
  maxHeldBytes: 64 << 20,
  rerunAfterMs: 60_000,
  frameCells: FRAME_CELLS,
};

export interface BatchDeps {
  readonly log: EventLog;
  readonly bus: Bus;
  /** Only its pointers are read: which generation a run builds on. */
  readonly store: Pick<ProductStore, 'snapshot'>;
  readonly lake: Lake;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly sources: readonly SourceDefinition[];
  readonly plans: readonly Plan[];
  readonly config: BatchConfig;
}

export async function createBatch(deps: BatchDeps): Promise<RunningService> {
  const workers = deps.sources.map((source) => {
    const plans = deps.plans.filter((plan) => plan.source === source.name && plan.topology !== 'kappa');
    return new SourceBatch(deps, source, plans);
  });
  await Promise.all(workers.map((worker) => worker.start()));
  const { metrics = NO_METRICS } = deps;
  metrics.counter('tenon_events_total', 'Events by what became of them.', () =>
    workers.map((worker) => worker.archived()),
  );
  metrics.gauge('tenon_archive_held_records', 'Records read and not archived yet.', () =>
    workers.map((worker) => worker.held()),
  );
  const done = Promise.all(workers.map((worker) => worker.done)).then(() => undefined);
  done.catch(() => undefined);
  return {
    name: 'batch',
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

interface Emitted {
  readonly to: number;
  readonly base: number;
  readonly at: number;
}

class SourceBatch {
  private readonly stopping = new AbortController();
  private readonly archiver: Archiver;
  private readonly emitted = new Map<string, Emitted>();
  private readonly subscriptions: Subscription[] = [];
  private readonly reports: RunReport[] = [];
  /** Something may have become due: a new cut, or a generation that is now served. */
  private due = true;
  private running = false;
  done: Promise<void> = Promise.resolve();

  constructor(
    private readonly deps: BatchDeps,
    private readonly source: SourceDefinition,
    private readonly plans: readonly Plan[],
  ) {
    this.archiver = new Archiver(deps, source);
  }

  async start(): Promise<void> {
    for (const plan of this.plans) {
      await this.deps.log.ensureTopic({
        name: TOPICS.states(plan.product),
        partitions: this.source.partitions,
      });
      this.subscriptions.push(
        await this.deps.bus.subscribe(SUBJECTS.generation(plan.product), () => {
          this.due = true;
        }),
      );
    }
    await this.archiver.start();
    this.done = this.run();
    this.done.catch((error: unknown) => {
      this.deps.logger.error({ error, source: this.source.name }, 'batch stopped');
    });
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    let checked = -Infinity;
    while (!signal.aborted) {
      if (await this.archiver.step(1000, signal)) this.due = true;
      const now = this.deps.clock.monotonic();
      // Hints can be lost, so it looks by itself as well.
      if (!this.due && now - checked < 5000) continue;
      this.due = false;
      checked = now;
      for (const plan of this.plans) {
        if (signal.aborted) return;
        await this.runIfDue(plan);
      }
    }
  }

  private async runIfDue(plan: Plan): Promise<void> {
    const { store, clock, logger, config } = this.deps;
    const key = STORE_KEYS.pointer(productKey(plan.product, plan.version));
    const pointer = await store.snapshot((snapshot) => snapshot.get<PointerDocument>('meta', key));
    const base = pointer?.generation ?? 0;
    const cut = await this.archiver.latestCut(base);
    if (cut === null || cut.epoch <= base || this.isUnderWay(plan, base)) return;
    logger.info({ product: plan.product, from: cut.full ? 0 : base, to: cut.epoch }, 'batch run begins');
    const report = await this.emit(plan, pointer, cut);
    this.emitted.set(plan.product, { to: cut.epoch, base, at: clock.monotonic() });
    this.reports.push(report);
    if (this.reports.length > 20) this.reports.shift();
    logger.info({ ...report, rerunAfterMs: config.rerunAfterMs }, 'batch run handed over');
  }

  private async emit(plan: Plan, pointer: PointerDocument | undefined, cut: CompleteCut): Promise<RunReport> {
    this.running = true;
    try {
      const report = await runBatch(this.deps, this.archiver, this.source, plan, pointer, cut);
      const { metrics = NO_METRICS } = this.deps;
      const labels = { product: plan.product };
      metrics.histogram('tenon_run_duration_seconds', 'Time of a batch run.', labels)(report.ms / 1000);
      return report;
    } finally {
      this.running = false;
    }
  }

  /** It archives nothing while it runs. */
  reading(): LogReading {
    return { ...this.archiver.reading(), busy: this.running };
  }

  archived(): MetricSample {
    return { labels: { source: this.source.name, outcome: 'archived' }, value: this.archiver.archived };
  }

  held(): MetricSample {
    return { labels: { source: this.source.name }, value: this.archiver.held() };
  }

  /** A run builds on the served generation, so the next one waits until the last one is served. */
  private isUnderWay(plan: Plan, base: number): boolean {
    const last = this.emitted.get(plan.product);
    if (last === undefined || last.base !== base) return false;
    return this.deps.clock.monotonic() - last.at < this.deps.config.rerunAfterMs;
  }

  status(): Record<string, unknown> {
    return { ...this.archiver.status(), runs: this.reports.slice(-5) };
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.done.catch(() => undefined);
    for (const subscription of this.subscriptions) await subscription.close();
    await this.archiver.stop();
  }
}
