/** The five services of a simulated world, as incarnations that can die, freeze and go on as zombies. */
import type { LayerScope } from '@tenon/composition';
import { storesOf, zonesOf } from '@tenon/composition';
import type { Plan, SourceDefinition } from '@tenon/domain';
import { idOf } from '@tenon/domain';
import { Unavailable } from '@tenon/errors';
import type { HttpRequest, HttpResponse, Route, RunningService } from '@tenon/ports';
import type { BatchConfig } from '@tenon/service-batch';
import { createBatch } from '@tenon/service-batch';
import { createConsumption } from '@tenon/service-consumption';
import { createIngestion } from '@tenon/service-ingestion';
import { SERVING_DEFAULTS, createServing } from '@tenon/service-serving';
import { createSpeed } from '@tenon/service-speed';
import type { SimulatedBus } from './bus';
import type { Counters } from './counters';
import type { Scenario } from './scenario';
import { Gone, Process } from './simulation';
import type { World } from './world';

export const SERVICES = ['ingestion', 'speed', 'batch', 'consumption', 'serving'] as const;
/** Of layers that are apart, where each has an instance of its own. */
const LAYERED = ['batch-consumption', 'speed-consumption'] as const;
export type ServiceName = (typeof SERVICES)[number] | (typeof LAYERED)[number];

interface Incarnation {
  readonly process: Process;
  /** It was started with a product whose layers are apart. */
  readonly apart: boolean;
  service: RunningService | null;
}

/** An hour and more: longer than any test, so that no event is from the future. */
const ALL_TIME_MS = 1e12;

export class Deployment {
  readonly zombies = new Set<Incarnation>();
  /** The first failure that no injected fault explains. */
  failure: Error | null = null;
  /** What services are started with from now on. */
  private plans: readonly Plan[];
  private readonly current = new Map<ServiceName, Incarnation>();
  private readonly groups = new Map<ServiceName, number>();
  private incarnations = 0;

  constructor(
    private readonly world: World,
    private readonly bus: SimulatedBus,
    private readonly scenario: Scenario,
    private readonly planned: readonly Plan[],
    private readonly counters: Counters,
  ) {
    world.onTrouble = async (product, { layer, code, reason }) => {
      this.failure ??= new Error(`${product} failed alone in ${layer}: ${reason} (${code})`);
    };
    const { wanderer } = scenario;
    const absent = wanderer?.fromTheBeginning === false ? wanderer.name : null;
    this.plans = planned.filter(({ product }) => product !== absent);
  }

  /** What runs in this world. */
  get names(): readonly ServiceName[] {
    return this.scenario.layered ? [...SERVICES, ...LAYERED] : SERVICES;
  }

  /** As the catalog has them now. */
  private get sources(): readonly SourceDefinition[] {
    const { sources, before, wanderer } = this.scenario;
    if (before === null || wanderer === null || this.wasDeclared.has(wanderer.name)) return sources;
    return sources.map((source) => (source.name === before.name ? before : source));
  }

  declares(product: string): boolean {
    return this.plans.some((plan) => plan.product === product);
  }

  /** Products that have been there. */
  readonly wasDeclared = new Set<string>();

  /** Another catalog: services that are started from now on have the product, or have it no more. */
  declare(product: string, isDeclared: boolean): void {
    this.wasDeclared.add(product);
    this.plans = this.planned.filter((plan) =>
      plan.product === product ? isDeclared : this.declares(plan.product),
    );
  }

  /** Starts a service, again and again until it runs, unless it is killed meanwhile. */
  async start(name: ServiceName, overlooksFull = false): Promise<void> {
    const process = new Process(name, (this.incarnations += 1));
    process.overlooksFull = overlooksFull;
    const incarnation: Incarnation = { process, apart: this.apart, service: null };
    const before = this.current.get(name);
    this.current.set(name, incarnation);
    // Two may start it at once: the first one would go on unseen.
    if (before !== undefined && !this.zombies.has(before)) this.world.simulation.kill(before.process);
    while (incarnation.process.alive && this.failure === null) {
      try {
        const service = await incarnation.process.whileAlive(this.create(name, incarnation.process));
        incarnation.service = service;
        this.superviseUntilDeath(name, incarnation, service);
        return;
      } catch (error) {
        this.judge(name, error);
      }
    }
  }

  private get apart(): boolean {
    return this.plans.some(({ topology }) => topology === 'lambda-separate');
  }

  /** Goes on with what is declared by now, as a reload has it: a service that can't is started anew. */
  async adopt(name: ServiceName): Promise<void> {
    const { process, service, apart } = this.current.get(name) ?? {};
    const adopted = async () => {
      if (process === undefined || !service?.adopt || apart !== this.apart) return false;
      try {
        await process.whileAlive(service.adopt(this.plans));
        return true;
      } catch (error) {
        this.judge(name, error);
        return false;
      }
    };
    if (await adopted()) return this.counters.add('catalogs adopted by a running service');
    if (this.current.get(name)?.process !== process) return;
    await this.kill(name);
    await this.start(name);
  }

  private scopeOf(name: ServiceName): LayerScope {
    if (name === 'batch-consumption') return 'batch';
    if (name === 'speed-consumption') return 'speed';
    return name === 'consumption' && this.scenario.layered ? 'combined' : 'all';
  }

  private async create(name: ServiceName, process: Process): Promise<RunningService> {
    const { scenario } = this;
    const group = this.groups.get(name) ?? 0;
    const scope = this.scopeOf(name);
    const { layers, ...ports } = await this.world.portsFor(
      ...([process, group === 0 ? '' : `-${group}`, this.plans, scope] as const),
    );
    const deps = {
      ...ports,
      bus: this.bus.for(process),
      sources: this.sources,
      plans: this.plans,
    };
    const products = this.plans.map(idOf);
    const ingestion = { cutEveryMs: scenario.cutEveryMs, maxFutureMs: ALL_TIME_MS };
    switch (name) {
      case 'ingestion':
        return createIngestion({ ...deps, products, config: ingestion });
      case 'speed':
        return createSpeed({ ...deps, config: scenario.speed });
      case 'batch':
        return createBatch({ ...deps, config: { ...scenario.batch, ...this.batchOf(process) } });
      case 'consumption':
      case 'batch-consumption':
      case 'speed-consumption':
        return createConsumption({
          ...deps,
          ...{ zones: zonesOf(scope, layers, deps), config: scenario.consumption },
        });
      case 'serving':
        return createServing({ ...deps, stores: storesOf(scope, layers, deps), config: SERVING_DEFAULTS });
    }
  }

  /** Incarnations of batch may be configured apart from each other: then they cut files and slices elsewhere. */
  private batchOf(process: Process): Partial<BatchConfig> {
    if (process.overlooksFull) return { frameCells: 1, sliceCells: 2 };
    const { random } = this.world.simulation;
    if (!this.scenario.batchesDiffer) return {};
    return { maxFileRecords: random.int(3, 20), sliceCells: random.pick([3, 20, 16_000]) };
  }

  /** As `tenon up` does: what fails is started again. */
  private superviseUntilDeath(name: ServiceName, incarnation: Incarnation, service: RunningService): void {
    service.done.catch((error: unknown) => {
      if (!incarnation.process.alive) return;
      this.judge(name, error);
      this.counters.add('services that failed and were started again');
      void this.replace(name, incarnation);
    });
  }

  private async replace(name: ServiceName, failed: Incarnation): Promise<void> {
    await this.world.disconnect(failed.process).catch(() => undefined);
    this.world.sightings.died(failed.process);
    this.world.simulation.kill(failed.process);
    this.zombies.delete(failed);
    if (this.current.get(name) === failed) await this.start(name);
  }

  /** Only what was injected may go wrong. */
  private judge(name: ServiceName, error: unknown): void {
    if (error instanceof Gone || error instanceof Unavailable) return;
    this.failure ??= new Error(`${name} failed: ${(error as Error).stack ?? String(error)}`);
  }

  /** Stops a service as `kill -9` does: nothing is flushed, and what it had sent may still arrive. */
  async kill(name: ServiceName): Promise<void> {
    const incarnation = this.current.get(name);
    if (incarnation === undefined) return;
    this.current.delete(name);
    this.world.sightings.died(incarnation.process);
    this.world.simulation.kill(incarnation.process);
    this.counters.add(`kills of ${name}`);
    await this.bury(incarnation);
  }

  /** The end of the run: everything stops, and that is no fault to be counted. */
  end(): void {
    for (const { process } of [...this.current.values(), ...this.zombies])
      this.world.simulation.kill(process);
    this.current.clear();
    this.zombies.clear();
  }

  /** Mostly its connections break at once; else its partitions are free only after the session. */
  private async bury(incarnation: Incarnation): Promise<void> {
    if (this.world.simulation.random.chance(0.9)) await this.world.disconnect(incarnation.process);
  }

  async killZombie(zombie: Incarnation): Promise<void> {
    this.zombies.delete(zombie);
    this.world.sightings.died(zombie.process);
    this.world.simulation.kill(zombie.process);
    await this.bury(zombie);
  }

  /**
   * The running incarnation is thought dead and a new one is started; the old one stands still for a while, or goes on.
   *
   * @param apart the new one is in a consumer group of its own, so that both hold all partitions
   * @param overlooksFull see `Process`
   */
  async supersede(
    name: ServiceName,
    apart: boolean,
    overlooksFull = false,
  ): Promise<Incarnation | undefined> {
    const zombie = this.current.get(name);
    if (zombie === undefined) return undefined;
    this.zombies.add(zombie);
    this.counters.add(`zombies of ${name}`);
    if (apart) this.groups.set(name, (this.groups.get(name) ?? 0) + 1);
    await this.start(name, overlooksFull);
    return zombie;
  }

  processOf(name: ServiceName): Process | undefined {
    return this.current.get(name)?.process;
  }

  isRunning(name: ServiceName): boolean {
    return this.current.has(name);
  }

  /** Clients may still know an incarnation that was superseded. */
  private answering(name: ServiceName): Incarnation | undefined {
    const { random } = this.world.simulation;
    const old = [...this.zombies].filter(({ process }) => process.name === name && !process.frozen);
    return old.length > 0 && random.chance(0.4) ? random.pick(old) : this.current.get(name);
  }

  /** @throws Gone if the service is not there, or dies before it has answered */
  async ask(
    name: ServiceName,
    method: Route['method'],
    path: string,
    request: HttpRequest,
  ): Promise<HttpResponse> {
    const incarnation = this.answering(name);
    const route = incarnation?.service?.routes.find((one) => one.method === method && one.path === path);
    if (incarnation === undefined || route === undefined) throw new Gone();
    return incarnation.process.whileAlive(route.handle(request));
  }
}
