/**
 * The batch layer: archives the log into the lake, and at each cut computes the states of the range since the served
 * generation (or of everything) from the archive. What it needs to know after a restart stands in the lake's listing
 * and in the store's pointers.
 *
 * Instances share the partitions that they archive, and each run of a product is made by one of them, the one that has
 * the product's lease. Two runs at a time would be a waste, and no harm: the landing zone judges each range.
 */
import type { PointerDocument } from '@tenon/contracts';
import { FRAME_CELLS, STORE_KEYS, SUBJECTS, TOPICS, productKey, supported } from '@tenon/contracts';
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
  Tracer,
  Subscription,
} from '@tenon/ports';
import type { Lease, Leases } from '@tenon/leases';
import { createLeases } from '@tenon/leases';
import { NO_METRICS, NO_TRACER, within } from '@tenon/telemetry';
import type { ArchiverConfig, CompleteCut } from './archiver';
import { Archiver } from './archiver';
import { runBatch, type RunReport } from './run';
import { startRun } from './spans';

export interface BatchConfig extends ArchiverConfig {
  /** A run whose generation is not served after this long is made again, milliseconds. */
  readonly rerunAfterMs: number;
  /** An instance that is silent for this long loses its runs to another, milliseconds. */
  readonly leaseMs: number;
  /** Cells per frame of a range at most. */
  readonly frameCells: number;
}

export const BATCH_DEFAULTS: BatchConfig = {
  maxFileRecords: 100_000,
  maxHeldBytes: 64 << 20,
  addRecords: 8192,
  rerunAfterMs: 60_000,
  leaseMs: 10_000,
  frameCells: FRAME_CELLS,
};

export interface BatchDeps {
  readonly log: EventLog;
  readonly bus: Bus;
  /** Its pointers are read, since they say which generation a run builds on; only leases are written. */
  readonly store: Pick<ProductStore, 'snapshot' | 'transact'>;
  readonly lake: Lake;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly tracer?: Tracer;
  readonly sources: readonly SourceDefinition[];
  readonly plans: readonly Plan[];
  readonly config: BatchConfig;
}

export async function createBatch(deps: BatchDeps): Promise<RunningService> {
  const leases = createLeases({ ...deps, owner: deps.ids.next(), ttlMs: deps.config.leaseMs });
  const workers = deps.sources.map((source) => {
    const plans = deps.plans.filter((plan) => plan.source === source.name && plan.topology !== 'kappa');
    return new SourceBatch(deps, leases, source, plans);
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
    status: () => ({ sources: workers.map((worker) => worker.status()), leases: leases.status().held }),
    readings: () => workers.map((worker) => worker.reading()),
    done,
    stop: async () => {
      await Promise.all(workers.map((worker) => worker.stop()));
      await leases.close();
    },
  };
}

/** How often it looks by itself for what is due. */
const LOOK_EVERY_MS = 5000;

interface Emitted {
  readonly to: number;
  readonly base: number;
  readonly at: number;
}

interface DueRun {
  readonly pointer: PointerDocument | undefined;
  readonly base: number;
  readonly cut: CompleteCut;
}

class SourceBatch {
  private readonly stopping = new AbortController();
  private readonly archiver: Archiver;
  private readonly emitted = new Map<string, Emitted>();
  /** Product → its lease: from before a run until its generation is served, so that nobody else makes it meanwhile. */
  private readonly taken = new Map<string, Lease>();
  private readonly subscriptions: Subscription[] = [];
  private readonly reports: RunReport[] = [];
  /** Something may have become due: a new cut, or a generation that is now served. */
  private due = true;
  private running = false;
  /** A run is due that another instance has the lease of: that one may die. */
  private waiting = false;
  done: Promise<void> = Promise.resolve();

  constructor(
    private readonly deps: BatchDeps,
    private readonly leases: Leases,
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
      const every = this.waiting ? Math.min(LOOK_EVERY_MS, this.deps.config.leaseMs / 4) : LOOK_EVERY_MS;
      if (!this.due && now - checked < every) continue;
      this.due = false;
      this.waiting = false;
      checked = now;
      for (const plan of this.plans) {
        if (signal.aborted) return;
        await this.runIfDue(plan);
      }
    }
  }

  private async runIfDue(plan: Plan): Promise<void> {
    const name = `batch/${productKey(plan.product, plan.version)}`;
    if ((await this.dueRun(plan)) === null) {
      await this.taken.get(plan.product)?.release();
      this.taken.delete(plan.product);
      return;
    }
    const lease = await this.leases.take(name);
    if (lease === null) {
      this.waiting = true;
      return;
    }
    this.taken.set(plan.product, lease);
    // Looked at again, since the one that had the lease may have just made it.
    const due = await this.dueRun(plan);
    if (due === null || this.isUnderWay(plan, due.base)) return;
    await this.make(plan, due, lease);
  }

  /** The run that the served generation and the archive ask for; null where nothing is due. */
  private async dueRun(plan: Plan): Promise<DueRun | null> {
    const key = STORE_KEYS.pointer(productKey(plan.product, plan.version));
    const pointer = supported(
      'pointer',
      await this.deps.store.snapshot((snapshot) => snapshot.get<PointerDocument>('meta', key)),
    );
    const base = pointer?.generation ?? 0;
    const cut = await this.archiver.latestCut(base);
    return cut === null || cut.epoch <= base ? null : { pointer, base, cut };
  }

  private async make(plan: Plan, { pointer, base, cut }: DueRun, lease: Lease): Promise<void> {
    const { clock, logger, config } = this.deps;
    logger.info({ product: plan.product, from: cut.full ? 0 : base, to: cut.epoch }, 'batch run begins');
    const report = await this.emit(plan, pointer, cut, lease.lost);
    if (report === null) {
      logger.warn({ product: plan.product, to: cut.epoch }, 'batch run given up: another instance makes it');
      return;
    }
    this.emitted.set(plan.product, { to: cut.epoch, base, at: clock.monotonic() });
    this.reports.push(report);
    if (this.reports.length > 20) this.reports.shift();
    logger.info({ ...report, rerunAfterMs: config.rerunAfterMs }, 'batch run handed over');
  }

  private async emit(
    plan: Plan,
    pointer: PointerDocument | undefined,
    cut: CompleteCut,
    lost: AbortSignal,
  ): Promise<RunReport | null> {
    this.running = true;
    try {
      const span = startRun(this.deps.tracer ?? NO_TRACER, plan, pointer?.generation ?? 0, cut);
      const report = await within(span, () =>
        runBatch(this.deps, this.archiver, this.source, plan, pointer, cut, lost, span),
      );
      if (report === null) return null;
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
