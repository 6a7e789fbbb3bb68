/**
 * The runs of one source's products: each is made by one instance, the one that has the product's lease, from before the run
 * until its generation is served. Two runs at a time would be a waste, and no harm: the landing zone judges each range.
 */
import type { ArchiveManifest } from '@tenon/archive';
import type { Epoch, Generation, Offsets, Plan, ProductId, SourceDefinition } from '@tenon/domain';
import { generationBefore, toVector } from '@tenon/domain';
import { isPassing, runTooLong } from '@tenon/errors';
import type { Lease, Leases } from '@tenon/leases';
import type { TellRest } from '@tenon/loops';
import { Patience, Periodic, TroubleDesk, describeTrouble, inTime, isLasting } from '@tenon/loops';
import { NO_METRICS, NO_TRACER, productLabels, within } from '@tenon/telemetry';
import type { ProductLayout } from '@tenon/views';
import type { CutContexts } from '../archive/cut-contexts';
import type { BatchDeps } from '../deps';
import type { DueRun, RunReport } from './run';
import { rangeOf, runBatch } from './run';
import { startRun } from './spans';
import { ThrottledRuns } from './throttled';

/** How often it looks by itself for what is due: hints can be lost. Milliseconds. */
const LOOK_EVERY_MS = 5000;

/**
 * How often it is said again that a product is well, milliseconds: an instance that has lost the lease can write down its failure
 * after the one that made the run has said so.
 */
const WELL_AGAIN_MS = 30_000;

interface Failure {
  readonly error: unknown;
  readonly at: Epoch | null;
}

interface HandedOver {
  readonly base: Generation;
  readonly at: number;
}

export class Runs {
  private readonly looking: Periodic;
  private readonly handedOver = new Map<ProductId, HandedOver>();
  private readonly leased = new Map<ProductId, Lease>();
  private readonly reports: RunReport[] = [];
  /** A run is due that another instance has the lease of: that one may die. */
  private waiting = false;
  /** Products whose run fails. */
  private readonly failures = new Map<ProductId, Failure>();
  /** When it was said of whom that it is well. */
  private readonly wellSaid = new Map<ProductId, number>();
  private readonly patience: Patience;
  private readonly throttledRuns: ThrottledRuns;
  private readonly desks = new Map<ProductId, TellRest>();
  private readonly making = new Map<
    ProductLayout,
    { readonly giveUp: AbortController; done: Promise<unknown> }
  >();

  constructor(
    private readonly deps: BatchDeps,
    private readonly leases: Leases,
    private readonly source: SourceDefinition,
    private layouts: readonly ProductLayout[],
    private readonly manifest: ArchiveManifest,
    private readonly contexts: CutContexts,
    alone?: TellRest,
  ) {
    const every = () => (this.waiting ? Math.min(LOOK_EVERY_MS, deps.config.leaseMs / 4) : LOOK_EVERY_MS);
    const name = `runs of ${source.name}`;
    this.looking = new Periodic(deps, name, every, (signal) => this.look(signal), alone);
    this.patience = new Patience(deps.clock);
    this.throttledRuns = new ThrottledRuns(deps.clock, deps.throttle, manifest);
    this.add(layouts);
  }

  private add(layouts: readonly ProductLayout[]): void {
    for (const { product } of layouts)
      this.desks.set(product, new TroubleDesk(this.deps, 'batch', [product]).of('run'));
  }

  /** Goes on with other products: runs of those that are gone are given up, those of others go on. */
  async change(layouts: readonly ProductLayout[]): Promise<void> {
    const before = this.layouts;
    this.layouts = layouts;
    for (const layout of before.filter((one) => !layouts.includes(one))) {
      const { product } = layout;
      const run = this.making.get(layout);
      run?.giveUp.abort();
      await run?.done.catch(() => undefined);
      await this.leased.get(product)?.release();
      for (const known of [this.leased, this.handedOver, this.failures, this.wellSaid, this.desks])
        known.delete(product);
      this.patience.well(product);
    }
    this.add(layouts.filter((one) => !before.includes(one)));
    this.wake();
  }

  get done(): Promise<void> {
    return this.looking.done;
  }

  get trouble(): string | null {
    return this.looking.trouble;
  }

  /** Why products' runs fail while others are made, in words. */
  degraded(): readonly string[] {
    return [...this.failures].map(([product, { error }]) => `${product}: ${describeTrouble(error).reason}`);
  }

  start(): void {
    this.looking.start();
  }

  /** Something may have become due: a new cut, or a generation that is now served. */
  wake(): void {
    this.looking.wake();
  }

  private async look(signal: AbortSignal): Promise<void> {
    this.waiting = false;
    await this.manifest.look();
    const errors: unknown[] = [];
    for (const layout of this.layouts) {
      if (signal.aborted) return;
      if (!this.layouts.includes(layout)) continue;
      try {
        await this.runIfDue(layout, signal);
      } catch (error) {
        // What is away for one is mostly away for all; after the others it is waited for.
        if (isPassing(error)) errors.push(error);
        else this.failed(layout, error, null);
      }
    }
    if (errors.length > 0) throw errors[0];
  }

  /** A run that fails is that product's matter. @param at the cut that it was to reach; null: it did not come so far */
  private failed(layout: ProductLayout, error: unknown, at: Epoch | null): void {
    const { product } = layout;
    if (!this.layouts.includes(layout)) return;
    this.deps.logger.error({ error, product }, 'a run failed; those of other products are made');
    this.patience.failed(product);
    this.failures.set(product, { error, at });
    this.wellSaid.delete(product);
    this.desks.get(product)?.failed(error);
  }

  private well(product: ProductId): void {
    const now = this.deps.clock.monotonic();
    if (now - (this.wellSaid.get(product) ?? -Infinity) < WELL_AGAIN_MS) return;
    this.wellSaid.set(product, now);
    this.failures.delete(product);
    this.patience.well(product);
    this.desks.get(product)?.well();
  }

  /** A run that failed is made again after a pause; where waiting mends nothing, at another cut too. */
  private rests(product: ProductId, at: Epoch): boolean {
    const failure = this.failures.get(product);
    if (failure === undefined) return false;
    return !this.patience.isOver(product) || (isLasting(failure.error) && failure.at === at);
  }

  private async runIfDue(layout: ProductLayout, signal: AbortSignal): Promise<void> {
    const { product, plan } = layout;
    if ((await this.dueRun(plan)) === null) {
      await this.leased.get(product)?.release();
      this.leased.delete(product);
      this.well(product);
      return;
    }
    const lease = await this.leases.take(`batch/${product}`);
    if (lease === null) {
      this.waiting = true;
      return;
    }
    if (!this.layouts.includes(layout)) return lease.release();
    this.leased.set(product, lease);
    // Looked at again, since the one that had the lease may have just made it.
    const whole = await this.dueRun(plan);
    if (whole === null || this.isUnderWay(product, whole) || this.rests(product, whole.cut.epoch)) return;
    const due = await this.throttled(plan, whole);
    if (due === null) {
      this.waiting = true;
      return;
    }
    if (!this.layouts.includes(layout)) return;
    const giveUp = new AbortController();
    const done = this.make(layout, due, AbortSignal.any([lease.lost, signal, giveUp.signal]));
    this.making.set(layout, { giveUp, done });
    try {
      await done;
    } catch (error) {
      if (isPassing(error)) throw error;
      this.failed(layout, error, due.cut.epoch);
    } finally {
      this.making.delete(layout);
    }
  }

  /** The run that the served generation and the archive ask for; null where nothing is due. */
  private async dueRun(plan: Plan): Promise<DueRun | null> {
    const [pointer] = await this.deps.pointers.read([plan]);
    const base = pointer?.generation ?? 0;
    const cut = await this.manifest.latestCut(base);
    if (cut === null || generationBefore(cut.epoch) <= base) return null;
    return { pointer, cut: { ...cut, trace: this.contexts.of(cut.epoch) } };
  }

  private async throttled(plan: Plan, { pointer, cut }: DueRun): Promise<DueRun | null> {
    const base = baseOf(this.source, pointer);
    const upTo = await this.throttledRuns.upTo(plan, pointer, base, cut);
    return upTo && { pointer, cut: { ...upTo, trace: this.contexts.of(upTo.epoch) } };
  }

  /** A run builds on the served generation, so the next one waits until the last one is served. */
  private isUnderWay(product: ProductId, { pointer }: DueRun): boolean {
    const last = this.handedOver.get(product);
    if (last === undefined || last.base !== (pointer?.generation ?? 0)) return false;
    return this.deps.clock.monotonic() - last.at < this.deps.config.rerunAfterMs;
  }

  private async make(layout: ProductLayout, due: DueRun, lost: AbortSignal): Promise<void> {
    const { clock, logger, config, metrics = NO_METRICS, tracer = NO_TRACER } = this.deps;
    const { product, plan } = layout;
    const base = due.pointer?.generation ?? 0;
    const { from, to } = rangeOf(plan, due);
    logger.info({ product, from, to }, 'batch run begins');
    const span = startRun(tracer, plan, { from, to }, due.cut.trace);
    const late = () => runTooLong(product, config.maxRunMs ?? 0, 'TENON_MAX_RUN', false);
    const report = await within(span, () =>
      inTime(clock, config.maxRunMs, late, (signal) =>
        runBatch(this.deps, this.manifest, this.source, layout, due, lost, signal, span),
      ),
    );
    if (report === null) {
      logger.warn({ product, to }, 'batch run given up: another instance makes it, or this one stops');
      return;
    }
    const labels = productLabels(plan);
    metrics.histogram('tenon_run_duration_seconds', 'Time of a batch run.', labels)(report.ms / 1000);
    if (!this.layouts.includes(layout)) return;
    this.well(product);
    this.handedOver.set(product, { base, at: clock.monotonic() });
    this.reports.push(report);
    await this.throttledRuns.ran(plan, baseOf(this.source, due.pointer), due.cut, report.ms);
    if (this.reports.length > 20) this.reports.shift();
    logger.info({ ...report, rerunAfterMs: config.rerunAfterMs }, 'batch run handed over');
  }

  status(): Record<string, unknown> {
    return { runs: this.reports.slice(-5) };
  }

  stop(): Promise<void> {
    return this.looking.stop();
  }
}

/** Where a run begins, by partition. */
const baseOf = ({ name }: SourceDefinition, pointer: DueRun['pointer']): Offsets =>
  toVector(pointer?.cut ?? {})[name] ?? {};
