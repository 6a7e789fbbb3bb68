/** The serving layer: reads cells, merges the layers, finalizes, and answers. Stateless: any instance answers alike. */
import type { VersionAnswer } from '@tenon/contracts';
import type { Plan, ProductId, Value, Versions } from '@tenon/domain';
import { formatTimestamp, productId } from '@tenon/domain';
import { HttpProblem } from '@tenon/errors';
import type { HttpRequest, HttpResponse, Route, Readiness, RunningService } from '@tenon/ports';
import { Crew } from '@tenon/loops';
import { NO_METRICS, productLabels, tracedRoutes } from '@tenon/telemetry';
import type { LayerStores } from '@tenon/views';
import { inOneStore, layoutOf, ledgerOf } from '@tenon/views';
import type { ServingDeps } from './deps';
import { describeVersions } from './described-versions';
import { answerDiff } from './diff/route';
import { exampleOf } from './example';
import { liveResponse } from './live-streams';
import { Names } from './names';
import { lossRoutes } from './losses';
import { versionAsked } from './query';
import { QuestionQueue } from './question-queue';
import { ProductReader } from './reader';
import type { RowCaches } from './row-caches';
import { rowCaches } from './row-caches';
import { RowsRoute } from './rows-route';
import { Served } from './served';
import type { ServingScope } from './scope';
import { mustAnswer, ownLayer, serves } from './scope';
import { describeGenerations, describeLedger, describeProduct } from './told';
import { TroubleCounts } from './trouble-counts';

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
    adopt: (plans) => serving.adopt(plans),
    stop: async () => {
      await serving.stop();
      stopped();
    },
  };
}

class Serving {
  private readonly crew = new Crew<Served>();
  private products: ReadonlyMap<ProductId, Served> = new Map();
  private plans: readonly Plan[] = [];
  private readonly names: Names;
  private readonly troubles: TroubleCounts;
  private readonly answers: RowsRoute;
  private readonly queue: QuestionQueue;
  private readonly caches: RowCaches;
  private readonly scope: ServingScope;
  private readonly stores: (plan: Plan) => LayerStores;
  private readonly stopping = new AbortController();

  constructor(private readonly deps: ServingDeps) {
    this.stores = deps.stores ?? (() => inOneStore(deps.store));
    this.scope = deps.scope ?? 'all';
    this.caches = rowCaches(deps.config.cacheBytes);
    this.names = new Names({ ...deps, plans: () => this.plans });
    this.queue = new QuestionQueue(deps.config.questions);
    this.answers = new RowsRoute({ ...deps, ...deps.config, queue: this.queue });
    this.troubles = new TroubleCounts(deps, () =>
      [...this.products.values()].map(({ reader }) => ({
        layout: reader.layout,
        troubles: () => reader.troubles(ownLayer(this.scope)),
        conflicts: async () => ledgerOf(await reader.view(ownLayer(this.scope))).conflicts ?? 0,
      })),
    );
  }

  async adopt(plans: readonly Plan[]): Promise<void> {
    await this.run(plans);
    await this.names.look();
  }

  /** Goes on with these products. */
  private async run(plans: readonly Plan[]): Promise<void> {
    const { deps, caches } = this;
    const made = plans.filter((plan) => serves(this.scope, plan));
    const wanted = made.map((plan): [string, () => Served] => [
      JSON.stringify(plan),
      () => {
        const layout = layoutOf(plan, deps.sources);
        const stores = this.stores(plan);
        return new Served(deps, new ProductReader({ ...deps, ...deps.config, stores, caches }, layout));
      },
    ]);
    await this.crew.change(new Map(wanted));
    this.products = new Map(this.crew.all.map((served) => [served.reader.layout.product, served]));
    this.plans = plans;
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
    await this.run(this.deps.plans);
    await this.names.start();
    this.troubles.start();
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
      const other = this.plans.find(({ product }) => product === name);
      if (other !== undefined) mustAnswer(this.scope, other, 'merged');
      const known = this.names.all().join(', ') || 'none';
      throw new HttpProblem(404, 'unknown-product', `There is no product ${name}. Products: ${known}.`);
    }
    const version = versionAsked(served.reader.layout.plan, request.query);
    if (version === undefined) return served;
    mustNotBeDropped(name, version, this.names.versions(name));
    const other = this.products.get(productId(name, version));
    if (other !== undefined) return other;
    const running = this.plans.filter(({ product }) => product === name).map((plan) => plan.version);
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
    const isGone = served.gone;
    try {
      return await this.answers.handle(served, request, AbortSignal.any([signal, moved, stopping, isGone]));
    } catch (error) {
      // The name has gone over to another version while somebody waited: that one may have it already.
      const isElsewhere = moved.aborted || isGone.aborted;
      if (isElsewhere && !signal.aborted && !stopping.aborted) return await this.rows(request);
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
    const { product, source } = reader.layout.plan;
    return describeProduct(reader, ownLayer(this.scope), await this.versions(product), this.example(source));
  }

  private example(name: string): Value | null {
    const source = this.deps.sources.find((one) => one.name === name);
    const now = formatTimestamp(Math.floor(this.deps.clock.now() / 1000) * 1e6);
    return source === undefined ? null : exampleOf(source, now);
  }

  private async generations(request: HttpRequest): Promise<HttpResponse> {
    const { reader } = this.product(request);
    mustAnswer(this.scope, reader.layout.plan, this.scope === 'batch' ? 'batch' : 'merged');
    return { status: 200, json: await describeGenerations(reader) };
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

  private async ledger(): Promise<HttpResponse> {
    const layer = ownLayer(this.scope);
    const products = await Promise.all(this.answering().map(({ reader }) => describeLedger(reader, layer)));
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
    await this.crew.stop();
  }
}

/** What was dropped answers no more, also where it still runs here. @throws HttpProblem 404 `unknown-version` */
function mustNotBeDropped(name: string, version: number, versions: Versions | undefined): void {
  const other = versions?.others.find((one) => one.version === version);
  if (other?.state !== 'dropping' && other?.state !== 'dropped') return;
  const at = formatTimestamp(other.since * 1000);
  throw new HttpProblem(404, 'unknown-version', `Version ${version} of ${name} was dropped at ${at}.`);
}
