/** A service and what it needs of the others to have something to do; what goes through them is let go of at once. */
import { TOPICS } from '@tenon/contracts';
import type { Plan } from '@tenon/domain';
import { idOf } from '@tenon/domain';
import { HttpProblem } from '@tenon/errors';
import type { HttpResponse, Metrics, RunningService } from '@tenon/ports';
import type { MetricsRegistry } from '@tenon/runtime';
import { createLogger, createMetrics } from '@tenon/runtime';
import { BATCH_DEFAULTS, createBatch } from '@tenon/service-batch';
import { CONSUMPTION_DEFAULTS, createConsumption } from '@tenon/service-consumption';
import { createIngestion } from '@tenon/service-ingestion';
import { SERVING_DEFAULTS, createServing } from '@tenon/service-serving';
import { SPEED_DEFAULTS, createSpeed } from '@tenon/service-speed';
import { eventually } from '@tenon/testing';
import { servedPointers, troubleBook } from '@tenon/views';
import type { RequestParts } from '../exactness/requests';
import { requestOf } from '../exactness/requests';
import { SOURCE } from './catalog';
import type { Parts } from './parts';
import { leaking } from './parts';

/** What archive does batch does too. */
export type ServiceName = Exclude<RunningService['name'], 'archive'>;

/** What runs in the long run of a service: itself, and those that bring it its work. */
export const BESIDE: Readonly<Record<ServiceName, readonly ServiceName[]>> = {
  ingestion: [],
  speed: ['ingestion'],
  // A run builds on the generation that is served, so somebody has to land ranges.
  batch: ['ingestion', 'consumption'],
  consumption: ['ingestion', 'speed', 'batch'],
  serving: ['ingestion', 'speed', 'batch', 'consumption'],
};

export class Line {
  readonly metrics: MetricsRegistry = createMetrics();
  private readonly running = new Map<ServiceName, RunningService>();

  private constructor(
    private readonly parts: Parts,
    readonly plans: readonly Plan[],
  ) {}

  /** @param leak the service's parts keep what goes through them */
  static async start(
    service: ServiceName,
    parts: Parts,
    plans: readonly Plan[],
    leak: boolean,
  ): Promise<Line> {
    const all = [...BESIDE[service], service];
    // Without speed no epoch of a Kappa product would ever close.
    const fed = all.includes('speed') ? plans : plans.filter(({ topology }) => topology !== 'kappa');
    const line = new Line(parts, fed);
    for (const name of all) {
      const given = leak && name === service ? leaking(parts) : parts;
      const started = await line.create(name, given, line.metrics.scope(name));
      started.done.catch((error: unknown) => {
        console.error(`${name} failed`, error);
        process.exit(1);
      });
      line.running.set(name, started);
    }
    return line;
  }

  private create(name: ServiceName, parts: Parts, metrics: Metrics): Promise<RunningService> {
    const logger = createLogger({ level: 'silent', name });
    const pointers = servedPointers(parts.store);
    const troubles = troubleBook(parts.store, parts.clock);
    const deps = { ...parts, pointers, troubles, logger, metrics, sources: [SOURCE], plans: this.plans };
    switch (name) {
      case 'ingestion':
        return createIngestion({ ...deps, products: this.plans.map(idOf), config: { cutEveryMs: null } });
      case 'speed':
        return createSpeed({ ...deps, config: { ...SPEED_DEFAULTS, lingerMs: 1 } });
      case 'batch':
        return createBatch({ ...deps, config: BATCH_DEFAULTS });
      case 'consumption':
        // What was served before would be kept for half a minute, which is the whole run.
        return createConsumption({ ...deps, config: { ...CONSUMPTION_DEFAULTS, graceMs: 0 } });
      case 'serving': {
        // As many updates as are kept for clients that come back have to be there before memory can stand still.
        const live = { ...SERVING_DEFAULTS.live, minIntervalMs: 1, history: 20 };
        return createServing({ ...deps, config: { ...SERVING_DEFAULTS, live } });
      }
    }
  }

  has(name: ServiceName): boolean {
    return this.running.has(name);
  }

  /** Calls a route of a service, without HTTP; a problem is an answer. */
  async ask(
    name: ServiceName,
    method: 'GET' | 'POST',
    path: string,
    parts: RequestParts,
  ): Promise<HttpResponse> {
    const route = this.running.get(name)?.routes.find((one) => one.method === method && one.path === path);
    if (route === undefined) throw new Error(`${name} has no ${method} ${path}`);
    try {
      return await route.handle(requestOf(parts));
    } catch (error) {
      if (error instanceof HttpProblem) return { status: error.status, json: error.detail };
      throw error;
    }
  }

  /** Waits until all have read all that is in the log, and has the log delete it. */
  async drain(): Promise<void> {
    const { log } = this.parts;
    await eventually('the services have read all', () => this.isDrained(), {
      timeoutMs: 120_000,
      everyMs: 1,
    });
    const lambda = this.plans.filter(({ topology }) => topology !== 'kappa');
    for (const topic of [
      TOPICS.events(SOURCE.name),
      TOPICS.deadLetters(SOURCE.name),
      TOPICS.cuts,
      ...(this.has('speed') ? this.plans.map((plan) => TOPICS.flushes(idOf(plan))) : []),
      ...(this.has('batch') ? lambda.map((plan) => TOPICS.ranges(idOf(plan))) : []),
    ])
      await log.deleteBefore(topic, await log.endOffsets(topic));
  }

  private async isDrained(): Promise<boolean> {
    const readings = [...this.running.values()].flatMap((service) => service.readings?.() ?? []);
    for (const { topic, next, busy } of readings) {
      const end = await this.parts.log.endOffsets(topic);
      if (busy === true || Object.entries(end).some(([partition, offset]) => (next[partition] ?? 0) < offset))
        return false;
    }
    return true;
  }

  async stop(): Promise<void> {
    for (const service of this.running.values()) await service.stop();
  }
}
