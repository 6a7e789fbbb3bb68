/** The services of a process, and the catalog that they run; both change together or not at all. */
import { narrowings } from '@tenon/catalog';
import type { Plan, Problem } from '@tenon/domain';
import { HttpProblem, Refusal } from '@tenon/errors';
import type { HttpRequest, HttpResponse, Logger, Route, RunningService } from '@tenon/ports';
import type { MetricsRegistry, Settings, Supervised, Taking } from '@tenon/runtime';
import { registerCatalog, supervise } from '@tenon/runtime';
import { archiveProblems } from './archive-needed';
import type { LoadedCatalog } from './catalog';
import { loadCatalog } from './catalog';
import { admit } from './change';
import { isSeparate } from './layers';
import type { Parts } from './parts';
import { problemsOf } from './problems';
import { replanOf, runningOf, runsTheSame } from './versions/running';
import { switchedIn } from './versions/switched';
import type { ServiceName } from './services';
import { KINDS } from './services';

export interface ServiceSetDeps {
  readonly names: readonly ServiceName[];
  readonly parts: Parts;
  readonly settings: Settings;
  readonly metrics: Pick<MetricsRegistry, 'scope'>;
  readonly logger: Logger;
  /** Told of a service that fails for good; absent: it is started again. */
  readonly failed?: (reason: unknown) => void;
}

/** How the catalog is read again. */
export interface ReloadOptions {
  /** Somebody asks for what it has, also where that is not new, and says whether names go over by themselves. */
  readonly apply?: 'auto' | 'hold';
  /** What is built is folded by so many events a second at most. */
  readonly throttle?: number;
  /** When it was asked for, milliseconds since the epoch. */
  readonly at?: number;
}

/** What became of reading the catalog again. */
export interface Reloaded {
  readonly outcome: 'reloaded' | 'unchanged' | 'refused';
  /** The fingerprint of the catalog that runs now. */
  readonly catalog: string;
  readonly problems?: readonly Problem[];
  /** What is refused from now on although it was taken before; what is served otherwise than the catalog has it. */
  readonly warnings?: readonly Problem[];
}

/**
 * Consumption before speed: states of a product that is new to speed alone would be passed over, and have to be asked for
 * again.
 */
const RELOAD_ORDER: readonly ServiceName[] = [
  'consumption',
  'batch',
  'archive',
  'speed',
  'ingestion',
  'serving',
];

export class ServiceSet {
  private readonly running: Supervised[] = [];
  private changing: Promise<unknown> = Promise.resolve();
  private readonly queued = new Map<string, Promise<Reloaded>>();
  private stopped = false;
  /** Code → problems of catalogs that were refused since the start. */
  private readonly problems = new Map<string, number>();
  /** What runs: of the declared products the versions that the store names. */
  private loaded: LoadedCatalog;
  /** What any of the services runs. */
  private plans: readonly Plan[] = [];
  private refusal: readonly Problem[] = [];

  private constructor(
    private readonly deps: ServiceSetDeps,
    /** What the catalog's directory has. */
    private declared: LoadedCatalog,
  ) {
    this.loaded = declared;
  }

  /**
   * Takes what has been started even if the rest does not start: see `services`.
   *
   * @throws Refusal with every problem of the catalog, or what a service that can't be started throws
   */
  static async open(deps: ServiceSetDeps): Promise<ServiceSet> {
    const engine = await deps.parts.engine();
    const catalog = await loadCatalog(deps.settings.TENON_CATALOG, engine, deps.parts.clock);
    mustLeaveEnough(catalog, deps.settings);
    const set = new ServiceSet(deps, catalog);
    // Ingestion alone has no store; the catalog is registered by those that have.
    if (set.stored) {
      const taking = { auto: true, asked: false, mayGoBack: deps.names.includes('consumption') };
      const replan = replanOf(engine, catalog.sources);
      const before = await registerCatalog(await deps.parts.store(), catalog, set.taking(taking), replan);
      set.loaded = await set.runningOf(catalog);
      for (const warning of narrowings(before, catalog.sources))
        deps.logger.warn({ ...warning }, 'schema changed');
      for (const warning of await set.switched(catalog))
        deps.logger.warn({ ...warning }, 'the catalog has another topology');
    }
    return set;
  }

  /** Starts the services, in the order in which data flows through them. */
  async start(): Promise<void> {
    const { names, parts, failed, metrics } = this.deps;
    metrics
      .scope('')
      .counter('tenon_catalog_problems_total', 'Problems of catalogs that were refused, by code.', () =>
        [...this.problems].map(([code, value]) => ({ labels: { code }, value })),
      );
    this.plans = this.loaded.plans;
    for (const name of names) {
      const { clock, logger } = parts;
      this.running.push(
        await supervise({ clock, logger, ...(failed && { failed }) }, this.starter(name, this.loaded)),
      );
    }
  }

  get services(): readonly Supervised[] {
    return this.running;
  }

  get catalog(): LoadedCatalog {
    return this.loaded;
  }

  /** What the catalog's directory had when it was taken last. */
  get declaredCatalog(): LoadedCatalog {
    return this.declared;
  }

  /** Why the catalog's directory was refused when it was read last; none: it was not. */
  get refused(): readonly Problem[] {
    return this.refusal;
  }

  /** How a catalog is taken just now. */
  private taking(how: Omit<Taking, 'now' | 'graceMs'>): Taking {
    const { parts, settings } = this.deps;
    return { ...how, now: parts.clock.now(), graceMs: settings.TENON_VERSION_GRACE };
  }

  private async runningOf(declared: LoadedCatalog): Promise<LoadedCatalog> {
    if (!this.stored) return declared;
    const { parts, logger } = this.deps;
    const [store, engine] = [await parts.store(), await parts.engine()];
    return runningOf({ store, engine, logger }, declared);
  }

  /** Paths do not depend on the catalog, so these stay: a service that was started again answers with its new self. */
  routes(): Route[] {
    return this.running.flatMap((service) =>
      service.current().routes.map((route, index) => ({
        ...route,
        handle: (request) => handled(service, request, (current) => current.routes[index] ?? route),
      })),
    );
  }

  /**
   * Reads the catalog directory again and goes on with it; with the old one where it can't. Calls during one that runs
   * share the next one, since the directory may have changed after it was read.
   */
  reload(options: ReloadOptions = {}): Promise<Reloaded> {
    const kind = `${options.apply ?? ''} ${options.throttle ?? ''} ${options.at ?? ''}`;
    const queued = this.queued.get(kind);
    if (queued !== undefined) return queued;
    const reload = this.changing.then(() => {
      this.queued.delete(kind);
      return this.change(options);
    });
    this.queued.set(kind, reload);
    this.changing = reload;
    return reload;
  }

  /** Goes on with the versions that the store names by now. @returns false where it can't, and goes on as it was */
  follow(): Promise<boolean> {
    const followed = this.changing.then(() => this.followStore());
    this.changing = followed;
    return followed;
  }

  private async followStore(): Promise<boolean> {
    const { logger } = this.deps;
    const before = this.loaded;
    try {
      if (this.stopped) return true;
      const next = await this.runningOf(this.declared);
      if (runsTheSame(before, next)) return true;
      await this.goOn(before, next);
      this.loaded = next;
      logger.info({ products: namesOf(next), before: namesOf(before) }, 'goes on with other versions');
      return true;
    } catch (error) {
      logger.warn({ error }, 'versions can’t be followed; going on with those that run');
      return false;
    }
  }

  private async change({ apply, throttle, at }: ReloadOptions): Promise<Reloaded> {
    const { parts, logger } = this.deps;
    const before = this.loaded;
    try {
      if (this.stopped) throw new Error('The process is ending.');
      const engine = await parts.engine();
      const next = await loadCatalog(this.deps.settings.TENON_CATALOG, engine, parts.clock);
      mustLeaveEnough(next, this.deps.settings);
      const isNew = next.fingerprint !== before.fingerprint;
      this.refusal = [];
      if (!isNew && apply === undefined) return await this.unchanged(next);
      const how = {
        auto: apply !== 'hold',
        asked: apply !== undefined,
        mayGoBack: true,
        ...(throttle !== undefined && { throttle }),
        ...(at !== undefined && { at }),
      };
      await admit(parts, this.declared, next, this.stored, this.taking(how));
      const running = await this.runningOf(next);
      if (!isNew && runsTheSame(before, running)) return await this.unchanged(next);
      await this.goOn(before, running);
      const warnings = [...narrowings(this.declared.sources, next.sources), ...(await this.switched(next))];
      this.loaded = running;
      this.declared = next;
      logger.info({ catalog: next.fingerprint, products: namesOf(running) }, 'goes on with another catalog');
      return { outcome: 'reloaded', catalog: next.fingerprint, ...(warnings.length > 0 && { warnings }) };
    } catch (error) {
      const problems = problemsOf(error);
      this.refusal = problems;
      for (const { code } of problems) this.problems.set(code, (this.problems.get(code) ?? 0) + 1);
      logger.warn(
        { catalog: before.fingerprint, problems },
        'the catalog is refused, going on with the old one',
      );
      return { outcome: 'refused', catalog: before.fingerprint, problems };
    }
  }

  private async unchanged(declared: LoadedCatalog): Promise<Reloaded> {
    const warnings = await this.switched(declared);
    return {
      ...{ outcome: 'unchanged', catalog: this.loaded.fingerprint },
      ...(warnings.length > 0 && { warnings }),
    };
  }

  private async switched({ plans }: LoadedCatalog): Promise<readonly Problem[]> {
    return this.stored ? switchedIn(await this.deps.parts.store(), plans) : [];
  }

  /**
   * With products that come and go services go on as they are; where sources change they are replaced.
   *
   * @throws what the first service that does not start throws; all are then back on the old catalog
   */
  private async goOn(before: LoadedCatalog, next: LoadedCatalog): Promise<void> {
    const order = RELOAD_ORDER.flatMap((name) => this.running.filter((service) => service.name === name));
    const stays = isOfTheSame(before, next);
    const change = (service: Supervised, to: LoadedCatalog) => {
      const start = this.starter(service.name, to);
      return stays ? service.adopt(to.plans, start) : service.replace(start);
    };
    const changed: Supervised[] = [];
    this.plans = [...next.plans, ...before.plans];
    try {
      for (const service of order) {
        if (this.stopped) throw new Error('The process is ending.');
        await change(service, next);
        changed.push(service);
      }
      this.plans = next.plans;
    } catch (error) {
      for (const service of changed.reverse()) await change(service, before).catch(() => undefined);
      this.plans = before.plans;
      throw error;
    }
  }

  private starter(name: ServiceName, catalog: LoadedCatalog) {
    const { parts, settings, metrics } = this.deps;
    const plans = () => this.plans;
    return () => KINDS[name].start({ parts, catalog, plans, settings, metrics: metrics.scope(name) });
  }

  /** Whether this process has the store. */
  get stored(): boolean {
    return this.deps.names.some((name) => KINDS[name].servers.includes('TENON_MONGODB_URL'));
  }

  /** Steps that end the services, along the path of the data: what is accepted still flows. A reload is waited for. */
  ending(): (() => Promise<void>)[] {
    this.stopped = true;
    return [async () => void (await this.changing), ...this.running.map((service) => () => service.stop())];
  }
}

/** True if products are all that differs of two catalogs; the first that keeps its layers apart opens stores. */
const isOfTheSame = (a: LoadedCatalog, b: LoadedCatalog): boolean =>
  JSON.stringify(a.sources) === JSON.stringify(b.sources) &&
  a.plans.some(isSeparate) === b.plans.some(isSeparate);

const namesOf = ({ plans }: LoadedCatalog) => plans.map(({ product, version }) => `${product} v${version}`);

/** A read that waits in a service while that is replaced goes on in the one that comes after. */
async function handled(
  service: Supervised,
  request: HttpRequest,
  routeOf: (current: RunningService) => Route,
): Promise<HttpResponse> {
  const current = service.current();
  try {
    return await routeOf(current).handle(request);
  } catch (error) {
    const isEnded = error instanceof HttpProblem && error.code === 'shutting-down';
    if (!isEnded || request.method === 'POST' || request.signal.aborted) throw error;
    await service.settled();
    if (service.current() === current) throw error;
    return handled(service, request, routeOf);
  }
}

/** @throws Refusal where a product needs what the archive's retention would remove */
function mustLeaveEnough({ plans }: LoadedCatalog, settings: Settings): void {
  const problems = archiveProblems(plans, settings.TENON_ARCHIVE_RETENTION);
  if (problems.length > 0) throw new Refusal('catalog', problems);
}
