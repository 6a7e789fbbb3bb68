/**
 * The batch layer: archives the log into the lake, and at each cut computes the states of the range since the served
 * generation (or of everything) from the archive. The two are loops of their own: archiving never waits for a run, and is a service of
 * its own where there are no runs. What it needs to know after a restart stands in the store: the archive's manifest and the pointers.
 */
import { ArchiveManifest } from '@tenon/archive';
import { SUBJECTS, TOPICS } from '@tenon/contracts';
import type { Plan, ProductId, SourceDefinition } from '@tenon/domain';
import type { Leases } from '@tenon/leases';
import { createLeases } from '@tenon/leases';
import type { RunningService, Subscription } from '@tenon/ports';
import { TroubleDesk, readinessOf, startAll } from '@tenon/loops';
import { NO_METRICS } from '@tenon/telemetry';
import type { ProductLayout } from '@tenon/views';
import { layoutsOf } from '@tenon/views';
import { Archiver } from './archive/archiver';
import { Keeper } from './archive/keeper';
import { LogTrimmer } from './archive/log-trimmer';
import type { BatchDeps } from './deps';
import { Runs } from './runs/runs';

/** The archive, and the runs of products that are not in Kappa. */
export const createBatch = (deps: BatchDeps): Promise<RunningService> => create(deps, 'batch');

/** The archive alone: secondary storage of the log for whatever products there are, and no batch layer. */
export const createArchive = (deps: BatchDeps): Promise<RunningService> => create(deps, 'archive');

async function create(given: BatchDeps, name: 'batch' | 'archive'): Promise<RunningService> {
  // Whoever has these sees what runs by now.
  const plans = [...given.plans];
  const deps: BatchDeps = { ...given, plans };
  const leases = createLeases({ ...deps, owner: deps.ids.next(), ttlMs: deps.config.leaseMs });
  let layouts: readonly ProductLayout[] = [];
  const readOf = (next: readonly Plan[]) => {
    plans.splice(0, plans.length, ...next);
    const computed = next.filter(({ topology }) => topology !== 'kappa');
    layouts = layoutsOf(computed, deps.sources, layouts);
    return (source: SourceDefinition) => layouts.filter((one) => one.sources.includes(source.name));
  };
  const readAtFirst = readOf(given.plans);
  const sources = deps.sources.map(
    (source) => new SourceBatch(deps, leases, source, readAtFirst(source), name === 'batch'),
  );
  try {
    await startAll(sources);
  } catch (error) {
    await leases.close();
    throw error;
  }
  const { metrics = NO_METRICS } = deps;
  metrics.counter('tenon_events_total', 'Events by what became of them.', () =>
    sources.map(({ labels, archiver }) => ({
      labels: { ...labels, outcome: 'archived' },
      value: archiver.archived,
    })),
  );
  metrics.gauge('tenon_archive_held_records', 'Records read and not archived yet.', () =>
    sources.map(({ labels, archiver }) => ({ labels, value: archiver.held() })),
  );
  if (deps.config.logRetentionMs !== null)
    metrics.counter('tenon_log_trimmed_records_total', 'Archived records that the log has let go.', () =>
      sources.map(({ labels, trimmer }) => ({ labels, value: trimmer?.trimmed ?? 0 })),
    );
  const done = Promise.all(sources.map((source) => source.done)).then(() => undefined);
  done.catch(() => undefined);
  return {
    name,
    routes: [],
    ready: () => readinessOf(sources),
    status: () => ({ sources: sources.map((source) => source.status()), leases: leases.status().held }),
    readings: () => sources.map(({ archiver }) => archiver.reading()),
    done,
    adopt: async (next) => {
      const read = readOf(next);
      for (const one of sources) await one.change(read(one.source));
    },
    stop: async () => {
      await Promise.all(sources.map((source) => source.stop()));
      await leases.close();
    },
  };
}

class SourceBatch {
  readonly labels: { readonly source: string };
  readonly archiver: Archiver;
  readonly trimmer: LogTrimmer | null;
  private readonly runs: Runs | null;
  private readonly keeper: Keeper;
  private readonly subscriptions = new Map<ProductId, Subscription>();
  private readonly products: Set<ProductId>;
  private readonly desk: TroubleDesk;

  constructor(
    private readonly deps: BatchDeps,
    leases: Leases,
    readonly source: SourceDefinition,
    private layouts: readonly ProductLayout[],
    hasRuns: boolean,
  ) {
    this.labels = { source: source.name };
    const manifest = new ArchiveManifest(deps, source.name, source.partitions);
    const products = new Set(layouts.map(({ product }) => product));
    const desk = new TroubleDesk(deps, 'batch', products, { source: source.name });
    this.products = products;
    this.desk = desk;
    const onCut = () => this.runs?.wake();
    this.archiver = new Archiver(deps, source, manifest, products, onCut, desk.of('archiver'));
    const { contexts } = this.archiver;
    this.runs = hasRuns ? new Runs(deps, leases, source, layouts, manifest, contexts, desk.of('runs')) : null;
    this.keeper = new Keeper(deps, leases, manifest);
    const { logRetentionMs } = deps.config;
    this.trimmer = logRetentionMs === null ? null : new LogTrimmer(deps, leases, manifest, logRetentionMs);
  }

  get done(): Promise<void> {
    const { archiver, runs, keeper, trimmer } = this;
    return Promise.all([archiver.done, runs?.done, keeper.done, trimmer?.done]).then(() => undefined);
  }

  /** What it waits for, in words; null: nothing. */
  get trouble(): string | null {
    return this.archiver.trouble ?? this.runs?.trouble ?? null;
  }

  /** What stands still while the rest goes on, in words. */
  degraded(): readonly string[] {
    return [...(this.runs?.degraded() ?? []), ...(this.trimmer?.degraded() ?? [])];
  }

  async start(): Promise<void> {
    for (const layout of this.layouts) await this.open(layout);
    await this.archiver.start();
    this.runs?.start();
    this.keeper.start();
    this.trimmer?.start();
  }

  private async open({ product, lanes }: ProductLayout): Promise<void> {
    if (this.runs === null) return;
    await this.deps.log.ensureTopic({ name: TOPICS.ranges(product), partitions: lanes.length });
    const served = await this.deps.bus.subscribe(SUBJECTS.generation(product), () => this.runs?.wake());
    this.subscriptions.set(product, served);
  }

  private async close({ product }: ProductLayout): Promise<void> {
    await this.subscriptions.get(product)?.close();
    this.subscriptions.delete(product);
  }

  /** Goes on with other products: the archive is the same. */
  async change(layouts: readonly ProductLayout[]): Promise<void> {
    const added = layouts.filter((one) => !this.layouts.includes(one));
    const gone = this.layouts.filter((one) => !layouts.includes(one));
    for (const layout of gone) await this.close(layout);
    for (const layout of added) await this.open(layout);
    this.layouts = layouts;
    for (const { product } of gone) this.products.delete(product);
    for (const { product } of added) this.products.add(product);
    await this.runs?.change(layouts);
    for (const { product } of added) {
      this.desk.joined(product);
      await this.archiver.joined(product);
    }
  }

  status(): Record<string, unknown> {
    const trimmed = this.trimmer === null ? {} : { trimmed: this.trimmer.trimmed };
    return { ...this.archiver.status(), ...trimmed, ...this.runs?.status() };
  }

  async stop(): Promise<void> {
    const { archiver, runs, keeper, trimmer } = this;
    await Promise.all([archiver.stop(), runs?.stop(), keeper.stop(), trimmer?.stop()]);
    for (const subscription of this.subscriptions.values()) await subscription.close();
  }
}
