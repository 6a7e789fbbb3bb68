/** The serving layer: reads cells, merges the layers, finalizes, and answers. Stateless: any instance answers alike. */
import type { VersionAnswer } from '@tenon/contracts';
import { SUBJECTS, readCovers } from '@tenon/contracts';
import type { Plan, ProductId, SourceDefinition, Value } from '@tenon/domain';
import { formatTimestamp, keptGenerations, ledgerTotal, productId, toVector } from '@tenon/domain';
import { HttpProblem } from '@tenon/errors';
import type {
  Bus,
  Clock,
  Engine,
  EventLog,
  HttpRequest,
  HttpResponse,
  Ids,
  Logger,
  Metrics,
  ProductStore,
  Route,
  Readiness,
  RunningService,
  Subscription,
  Tables,
  Tracer,
} from '@tenon/ports';
import { NO_METRICS, productLabels, tracedRoutes } from '@tenon/telemetry';
import type { Layer, LayerStores } from '@tenon/views';
import { inOneStore, includedIn, layoutOf, ledgerOf } from '@tenon/views';
import { describeVersions } from './described-versions';
import { answerDiff } from './diff/route';
import { exampleOf } from './example';
import type { LiveConfig } from './live';
import { LIVE_DEFAULTS, LiveHub } from './live';
import { liveResponse } from './live-streams';
import { Names } from './names';
import type { LossDesk } from './losses';
import { lossRoutes } from './losses';
import { PageCache } from './pages';
import { versionAsked } from './query';
import type { QuestionLimits } from './question-queue';
import { QuestionQueue } from './question-queue';
import { Questions } from './questions';
import { ProductReader } from './reader';
import { RowCache } from './row-cache';
import { RowsRoute } from './rows-route';
import { ReceiptWaits } from './receipt-waits';
import type { ServingScope } from './scope';
import { mustAnswer, ownLayer, serves } from './scope';
import { TroubleCounts } from './trouble-counts';

export interface ServingConfig {
  readonly live: LiveConfig;
  /** How often a waiting read looks again when no hint comes, milliseconds. */
  readonly pollMs: number;
  /** Bytes of a page's rows at most. */
  readonly maxAnswerBytes: number;
  /** Bytes of large pages that are on their way to their clients, of all together. */
  readonly maxSendingBytes: number;
  /** A product that refuses more of its events than this, in percent, is incomplete. */
  readonly maxRefusedPercent: number;
  /** Bytes of rows that are kept for the next answers, of all products together. */
  readonly cacheBytes: number;
  /** Questions that are read at one time, and that wait for it. */
  readonly questions: QuestionLimits;
}

export const SERVING_DEFAULTS: ServingConfig = {
  live: LIVE_DEFAULTS,
  pollMs: 50,
  maxAnswerBytes: 32 << 20,
  maxSendingBytes: 256 << 20,
  maxRefusedPercent: 10,
  cacheBytes: 64 << 20,
  questions: { atOnce: 16, waiting: 1_000 },
};

export interface ServingDeps {
  readonly log: EventLog;
  readonly bus: Bus;
  /** Which version each name serves, and of products in one store everything. */
  readonly store: Pick<ProductStore, 'snapshot'>;
  /** Where the layers of a product are; absent: in `store`. */
  readonly stores?: (plan: Plan) => LayerStores;
  /** Absent: all. */
  readonly scope?: ServingScope;
  /** Absent: nothing is known of losses. */
  readonly losses?: LossDesk;
  readonly engine: Engine;
  /** Absent: rows are given as JSON and CSV alone. */
  readonly tables?: Tables;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly tracer?: Tracer;
  readonly sources: readonly SourceDefinition[];
  readonly plans: readonly Plan[];
  readonly config: ServingConfig;
}

interface Served {
  readonly reader: ProductReader;
  readonly questions: Questions;
  readonly hub: LiveHub;
  readonly waits: ReceiptWaits;
}

export async function createServing(deps: ServingDeps): Promise<RunningService> {
  const serving = new Serving(deps);
  await serving.start();
  let stopped: () => void = () => undefined;
  const done = new Promise<void>((resolve) => (stopped = resolve));
  return {
    name: 'serving',
    routes: tracedRoutes(deps.tracer, serving.routes()),
    ready: () => serving.ready(),
    status: () => serving.status(),
    overview: () => serving.list(),
    done,
    stop: async () => {
      await serving.stop();
      stopped();
    },
  };
}

class Serving {
  private readonly products = new Map<ProductId, Served>();
  private readonly names: Names;
  private readonly subscriptions: Subscription[] = [];
  private readonly troubles: TroubleCounts;
  private readonly answers: RowsRoute;
  private readonly queue: QuestionQueue;
  private readonly scope: ServingScope;
  private readonly stores: (plan: Plan) => LayerStores;
  private readonly stopping = new AbortController();

  constructor(private readonly deps: ServingDeps) {
    this.stores = deps.stores ?? (() => inOneStore(deps.store));
    this.scope = deps.scope ?? 'all';
    // Pages are made of rows, and go sooner: with anything that lands.
    const cache = new RowCache((deps.config.cacheBytes * 3) / 4);
    const pages = new PageCache(deps.config.cacheBytes / 4);
    const run = deps.ids.next().replaceAll('-', '');
    for (const plan of deps.plans) {
      if (!serves(this.scope, plan)) continue;
      const reader = new ProductReader(
        { ...deps, ...deps.config, stores: this.stores(plan), cache, pages },
        layoutOf(plan, deps.sources),
      );
      this.products.set(reader.layout.product, {
        reader,
        questions: new Questions(plan),
        // An id of the account of one version is none of another's.
        hub: new LiveHub(deps, reader, deps.config.live, `${run}v${plan.version}`),
        waits: new ReceiptWaits(reader, plan.product, deps.clock, deps.config.pollMs),
      });
    }
    this.names = new Names(deps);
    this.queue = new QuestionQueue(deps.config.questions);
    this.answers = new RowsRoute({ ...deps, ...deps.config, queue: this.queue });
    this.troubles = new TroubleCounts(
      deps,
      [...this.products.values()].map(({ reader }) => ({
        layout: reader.layout,
        troubles: () => reader.troubles(ownLayer(this.scope)),
        conflicts: async () => ledgerOf(await reader.view(ownLayer(this.scope))).conflicts ?? 0,
      })),
    );
  }

  async start(): Promise<void> {
    const { metrics = NO_METRICS } = this.deps;
    metrics.gauge('tenon_live_clients', 'Streams of live updates that are open.', () =>
      [...this.products.values()].map(({ reader, hub }) => ({
        labels: productLabels(reader.layout.plan),
        value: hub.size,
      })),
    );
    metrics.counter('tenon_short_pages_total', 'Pages that ended sooner, at TENON_MAX_ANSWER.', () =>
      [...this.products.values()].map(({ reader }) => ({
        labels: productLabels(reader.layout.plan),
        value: reader.shortPages,
      })),
    );
    metrics.gauge('tenon_questions', 'Questions that are being read, and that wait for it.', () =>
      Object.entries(this.queue.size).map(([state, value]) => ({ labels: { state }, value })),
    );
    metrics.gauge('tenon_product_troubles', 'What is wrong with a product, as its answers say it.', () =>
      this.troubles.samples(),
    );
    metrics.gauge(
      'tenon_product_conflicts',
      'Events of a product whose id another one had, with other data.',
      () => this.troubles.conflicts(),
    );
    await this.names.start();
    this.troubles.start();
    for (const [product, served] of this.products) {
      await served.hub.start();
      this.subscriptions.push(
        await this.deps.bus.subscribe(SUBJECTS.live(product), ({ payload }) =>
          served.waits.hinted(readCovers(payload)),
        ),
      );
    }
  }

  routes(): Route[] {
    const { losses } = this.deps;
    return [
      {
        method: 'GET',
        path: '/v1/products',
        query: [],
        handle: async () => ({ status: 200, json: await this.list() }),
      },
      {
        method: 'GET',
        path: '/v1/products/:name',
        query: ['version'],
        handle: (request) => this.describe(request),
      },
      {
        method: 'GET',
        path: '/v1/products/:name/rows',
        hot: true,
        query: null,
        handle: (request) => this.rows(request),
      },
      {
        method: 'GET',
        path: '/v1/products/:name/generations',
        query: ['version'],
        handle: (request) => this.generations(request),
      },
      {
        method: 'GET',
        path: '/v1/products/:name/diff',
        query: ['a', 'b', 'by', 'kind', 'limit'],
        handle: (request) => this.diff(request),
      },
      {
        method: 'GET',
        path: '/v1/products/:name/live',
        query: null,
        handle: (request) => this.live(request),
      },
      { method: 'GET', path: '/v1/ledger', query: [], handle: () => this.ledger() },
      ...(losses === undefined ? [] : lossRoutes({ ...this.deps, losses })),
    ];
  }

  /**
   * The version that is asked for, or that a page before was of; else the one that the name answers with.
   *
   * @throws HttpProblem 404 `unknown-product`, `unknown-version`, 421 `layer-elsewhere`
   */
  private product(request: HttpRequest): Served {
    const name = request.params.name ?? '';
    const answering = this.names.served(name);
    const served = this.products.get(answering ?? '');
    if (served === undefined) {
      const other = this.deps.plans.find(({ product }) => product === name);
      if (other !== undefined) mustAnswer(this.scope, other, 'merged');
      const known = this.names.all().join(', ') || 'none';
      throw new HttpProblem(404, 'unknown-product', `There is no product ${name}. Products: ${known}.`);
    }
    const version = versionAsked(served.reader.layout.plan, request.query);
    const other = version === undefined ? served : this.products.get(productId(name, version));
    if (other !== undefined) return other;
    const running = this.deps.plans.filter(({ product }) => product === name).map((plan) => plan.version);
    throw new HttpProblem(
      404,
      'unknown-version',
      `There is no version ${version} of ${name} that can be read. Versions: ${running.sort((a, b) => a - b).join(', ')}.`,
    );
  }

  private async rows(request: HttpRequest): Promise<HttpResponse> {
    const served = this.product(request);
    const { query } = request;
    if (query['after'] === undefined && query['option.after'] === undefined)
      return this.answers.handle(served, request);
    const { params, signal } = request;
    const { product, plan } = served.reader.layout;
    const ended = new AbortController();
    const isFixed = versionAsked(plan, query) !== undefined;
    const moved = isFixed ? ended.signal : this.names.movedFrom(params.name ?? '', product, ended.signal);
    const stopping = this.stopping.signal;
    try {
      return await this.answers.handle(served, request, AbortSignal.any([signal, moved, stopping]));
    } catch (error) {
      // The name has gone over to another version while somebody waited: that one may have it already.
      if (moved.aborted && !signal.aborted && !stopping.aborted) return await this.rows(request);
      throw error;
    } finally {
      ended.abort();
    }
  }

  /** The products that names answer with. */
  private answering(): readonly Served[] {
    return this.names.all().flatMap((name) => this.products.get(this.names.served(name) ?? '') ?? []);
  }

  async list(): Promise<{ products: readonly Record<string, unknown>[] }> {
    const products = await Promise.all(this.answering().map(({ reader }) => this.description(reader)));
    return { products };
  }

  private async describe(request: HttpRequest): Promise<HttpResponse> {
    const { reader } = this.product(request);
    return { status: 200, json: { ...(await this.description(reader)), sql: reader.layout.plan.sql } };
  }

  private async versions(name: string): Promise<readonly VersionAnswer[]> {
    const versions = this.names.versions(name);
    if (versions === undefined) return [];
    const reader = (version: number) => this.products.get(productId(name, version))?.reader;
    return describeVersions(versions, reader, ownLayer(this.scope));
  }

  private async description(reader: ProductReader): Promise<Record<string, unknown>> {
    const { plan } = reader.layout;
    const layer: Layer = ownLayer(this.scope);
    const view = await reader.view(layer);
    // The newest window is not over, and a total never is.
    const open = plan.window === null || ledgerOf(view).aggregated > 0;
    const said = await reader.envelope(view, layer, open ? ['provisional'] : []);
    const { generation, cut, included, behind, deadLettered, conflicts, status, troubles } = said;
    return {
      name: plan.product,
      version: plan.version,
      description: plan.description,
      topology: plan.topology,
      source: plan.source,
      columns: plan.columns.map(({ name, type, role }) => ({ name, type, role })),
      window: plan.window,
      example: this.example(plan.source),
      generation,
      cut,
      included,
      behind,
      deadLettered,
      ...(conflicts !== undefined && { conflicts }),
      status,
      ...(troubles !== undefined && { troubles }),
      versions: await this.versions(plan.product),
    };
  }

  private example(name: string): Value | null {
    const source = this.deps.sources.find((one) => one.name === name);
    const now = formatTimestamp(Math.floor(this.deps.clock.now() / 1000) * 1e6);
    return source === undefined ? null : exampleOf(source, now);
  }

  /** What `asOf` can ask for: the served generation first. */
  private async generations(request: HttpRequest): Promise<HttpResponse> {
    const { reader } = this.product(request);
    const { plan, sources } = reader.layout;
    mustAnswer(this.scope, plan, this.scope === 'batch' ? 'batch' : 'merged');
    const readable = await reader.generations();
    const generations = readable.map(({ generation, line, at, cut, ledger }) => ({
      ...{ generation, line, servedAt: formatTimestamp(at * 1000), cut: toVector(cut, sources) },
      events: ledgerTotal(ledger) - ledger.control,
    }));
    const keeps = keptGenerations(plan);
    return { status: 200, json: { product: plan.product, version: plan.version, keeps, generations } };
  }

  private diff(request: HttpRequest): Promise<HttpResponse> {
    const layoutOf = (version: number | null) => {
      const query = version === null ? {} : { version: String(version) };
      const { layout } = this.product({ ...request, query }).reader;
      mustAnswer(this.scope, layout.plan, 'merged');
      return layout;
    };
    return this.queue.run(
      () => request.signal,
      () => answerDiff({ stores: this.stores, engine: this.deps.engine }, layoutOf, request),
    );
  }

  private async live(request: HttpRequest): Promise<HttpResponse> {
    const { names } = this;
    const { snapshotRows } = this.deps.config.live;
    const served = (name: string) => this.products.get(names.served(name) ?? '');
    const product = this.product(request);
    mustAnswer(this.scope, product.reader.layout.plan, 'merged');
    return liveResponse({ names, served, snapshotRows }, product, request);
  }

  /** Promise 3, per product: accepted = aggregated + filtered + duplicate + dead-lettered + expired + control + lost. */
  private async ledger(): Promise<HttpResponse> {
    const products = await Promise.all(
      this.answering().map(async ({ reader }) => {
        const view = await reader.view(ownLayer(this.scope));
        const lanes = includedIn(view);
        const accepted = Object.values(lanes).reduce((sum, next) => sum + next, 0);
        const { product, version, source, restated } = reader.layout.plan;
        const included = toVector(lanes)[source] ?? {};
        const ledger = { ...ledgerOf(view), ...(restated !== undefined && { restated }) };
        return { product, version, source, included, accepted, ...ledger };
      }),
    );
    return { status: 200, json: { products } };
  }

  /** What its products lack, their answers say. */
  ready(): Readiness {
    const degraded = this.troubles.degraded();
    return { ok: true, ...(degraded.length > 0 && { degraded }) };
  }

  status(): Record<string, unknown> {
    const products = [...this.products.values()].map(({ reader, hub }) => ({
      product: reader.layout.plan.product,
      version: reader.layout.plan.version,
      liveClients: hub.size,
      troubles: this.troubles.of(reader.layout.plan),
    }));
    return { products };
  }

  async stop(): Promise<void> {
    // Whoever waits here would wait for versions that may not be run any more by who comes after.
    this.stopping.abort();
    await this.troubles.stop();
    await this.names.stop();
    for (const subscription of this.subscriptions) await subscription.close();
    for (const { hub } of this.products.values()) await hub.stop();
  }
}
