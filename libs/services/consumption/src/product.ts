/**
 * The landing zone of one product: its loops, which share nothing but the store. One that fails rests by itself; the others, and
 * other products, go on.
 */
import type { ReplayRequest } from '@tenon/contracts';
import type { Generation, Lane, Pointer } from '@tenon/domain';
import type { LogReading, MetricLabels, MetricSample, Span } from '@tenon/ports';
import { Periodic, TroubleDesk, troubleOf } from '@tenon/loops';
import { NO_TRACER, productLabels } from '@tenon/telemetry';
import type { ProductLayout } from '@tenon/views';
import { Acknowledging } from './acknowledge';
import type { ConsumptionDeps } from './deps';
import { StatesOfEdition2 } from './edition-2/states-loop';
import { FlushLoop } from './flushes/flush-loop';
import { Hints } from './hints';
import type { LandedFlushes } from './landing/flushes';
import { orderLine } from './landing/line-orders';
import { Pruner } from './pruner';
import { foldClosedEpochs } from './ranges/fold-closed';
import { foldStretches } from './ranges/fold-stretches';
import { RangeLoop } from './ranges/range-loop';
import { traceStore } from './spans';
import { Watch } from './watch';

/** How often a base line is looked at that does not stand in its orders, milliseconds. */
const ORDER_EVERY = 30_000;

/** How often an instance looks for closed epochs that are not folded, milliseconds. */
const FOLD_EVERY = 2000;

export class ProductLanding {
  /** Null: only base is landed here. */
  private readonly flushes: FlushLoop | null;
  /** Lambda: what batch computed. Null: Kappa, or only speed is landed here. */
  private readonly ranges: RangeLoop | null;
  /** Kappa: what speed has closed becomes the base view. Lambda: while batch is away, it is folded together. */
  private readonly folds: Periodic | null;
  /** What services of edition 2 wrote, which kept both layers in one store. */
  private readonly edition2: StatesOfEdition2 | null;
  /** The base line of a store that the release before has made. */
  private readonly orders: Periodic | null;
  /** Only speed is landed here: what the other store serves. */
  private readonly acknowledging: Acknowledging | null;
  private readonly watch: Watch;
  private readonly pruner: Pruner;
  private readonly hints: Hints;
  private generation: Generation = 0;
  /** The landing that has closed an epoch which is not folded yet. */
  private closing: Span | undefined;

  constructor(
    private readonly deps: ConsumptionDeps,
    readonly layout: ProductLayout,
  ) {
    const kappa = layout.plan.topology === 'kappa';
    const { layer, served } = deps;
    const desk = new TroubleDesk(deps, 'consumption', [layout.product]);
    const tell = {
      flushes: (landed: LandedFlushes, span: Span | undefined) => this.landed(landed, span),
      moved: (pointer: Pointer, span: Span | undefined) => this.moved(pointer, span),
    };
    this.edition2 =
      layer === undefined ? new StatesOfEdition2(deps, layout, tell, desk.of('edition 2', false)) : null;
    this.hints = new Hints(deps, layout.product, (lanes) => this.edition2?.askForReplay(lanes));
    this.pruner = new Pruner(deps, layout);
    this.flushes = layer === 'batch' ? null : new FlushLoop(deps, layout, tell.flushes, desk.of('flushes'));
    this.ranges =
      kappa || layer === 'speed' ? null : new RangeLoop(deps, layout, tell.moved, desk.of('ranges'));
    const periodic = (
      name: string,
      every: number,
      part: string,
      work: (signal: AbortSignal) => Promise<unknown>,
    ) =>
      new Periodic(
        deps,
        name,
        () => every,
        async (signal) => void (await work(signal)),
        desk.of(part),
      );
    this.folds =
      layer === 'batch'
        ? null
        : periodic(`fold ${layout.product}`, FOLD_EVERY, 'folds', (signal) =>
            kappa ? this.fold(signal) : this.stretch(signal),
          );
    this.orders =
      layer === 'speed' || layout.orders.length === 0
        ? null
        : periodic(`orders of ${layout.product}`, ORDER_EVERY, 'orders', (signal) =>
            orderLine(deps, layout, signal),
          );
    this.acknowledging =
      served === undefined
        ? null
        : new Acknowledging(deps, layout, served, (pointer) => this.heard(pointer), desk.of('served', false));
    const watched = {
      has: (lane: Lane) => this.has(lane),
      landing: async () => (await this.flushes?.landing()) ?? [],
      stalled: (lanes: readonly ReplayRequest[]) => this.hints.askForReplay(lanes),
      served: ({ generation }: Pointer) => (this.generation = Math.max(this.generation, generation)),
    };
    this.watch = new Watch(deps, layout, watched, desk.of('watch'));
  }

  /** True if this instance has the flushes of a lane. */
  private has(lane: Lane): boolean {
    return this.flushes?.has(lane) ?? false;
  }

  /** What its metrics are told from others' by. */
  get labels(): MetricLabels {
    const { layer } = this.deps;
    return { ...productLabels(this.layout.plan), ...(layer !== undefined && { layer }) };
  }

  private get loops() {
    return [this.flushes, this.ranges, this.edition2, this.folds, this.orders, this.watch];
  }

  /** Rejects with the first loop that fails. */
  get done(): Promise<void> {
    return Promise.all(this.loops.map((loop) => loop?.done)).then(() => undefined);
  }

  /** What it waits for, in words; null: nothing. */
  get trouble(): string | null {
    return troubleOf(this.loops);
  }

  async start(): Promise<void> {
    await this.flushes?.start();
    await this.ranges?.start();
    await this.edition2?.start();
    this.folds?.start();
    this.orders?.start();
    await this.acknowledging?.start();
    this.watch.start();
    this.pruner.start();
  }

  private landed(landed: LandedFlushes, span: Span | undefined): void {
    this.hints.landed(landed, span);
    this.watch.replayed(landed.replayed);
    if (!landed.closed) return;
    this.closing = span ?? this.closing;
    if (this.layout.plan.topology === 'kappa') this.folds?.wake();
  }

  /** One of the instances folds: the one that has the first lane's flushes. */
  private async fold(signal: AbortSignal): Promise<void> {
    const [first] = this.layout.lanes;
    if (first === undefined || !this.has(first)) return;
    const cause = this.closing;
    this.closing = undefined;
    const fold = () => foldClosedEpochs(this.deps, this.layout, signal);
    const pointer = await traceStore(this.deps.tracer ?? NO_TRACER, cause, 'fold', fold);
    if (pointer !== null) this.moved(pointer, cause);
  }

  private async stretch(signal: AbortSignal): Promise<void> {
    await foldStretches(this.deps, this.layout, (lane) => this.has(lane), signal);
  }

  /** The pointer has moved: say so, and remember when what lies behind it may go. */
  private moved(pointer: Pointer, span: Span | undefined): void {
    this.generation = Math.max(this.generation, pointer.generation);
    this.pruner.moved(pointer);
    this.hints.served(pointer, span);
  }

  /** The pointer that the other layer's store serves is what this one goes by from now on. */
  private heard(pointer: Pointer): void {
    this.generation = Math.max(this.generation, pointer.generation);
    const [first] = this.layout.lanes;
    // All instances hear of it, and one of them prunes.
    if (first !== undefined && this.has(first)) this.pruner.moved(pointer);
  }

  /** The generation that this instance knows to be served. */
  servedGeneration(): Generation {
    return this.generation;
  }

  readings(): LogReading[] {
    return [this.flushes, this.ranges, this.edition2].flatMap((loop) => loop?.reading() ?? []);
  }

  /** Flushes and ranges by what became of them. */
  private counts(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const loop of [this.flushes, this.ranges, this.edition2])
      for (const [outcome, value] of Object.entries(loop?.counts() ?? {}))
        counts[outcome] = (counts[outcome] ?? 0) + value;
    return counts;
  }

  outcomes(): MetricSample[] {
    const { labels } = this;
    return Object.entries(this.counts()).map(([outcome, value]) => ({
      labels: { ...labels, outcome },
      value,
    }));
  }

  status(): Record<string, unknown> {
    const { product, version } = this.layout.plan;
    const { layer } = this.deps;
    const unheard = this.acknowledging?.reason ?? null;
    return {
      ...{ product, version, ...(layer !== undefined && { layer }), generation: this.generation },
      ...(unheard !== null && { unheard }),
      ...this.counts(),
    };
  }

  async stop(): Promise<void> {
    await Promise.all([...this.loops, this.acknowledging, this.pruner].map((loop) => loop?.stop()));
  }
}
