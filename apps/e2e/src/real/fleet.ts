/** Several instances of each service, and a client that takes whichever is there: what an orchestrator and a balancer do. */
import type { ServiceName } from '@tenon/composition';
import { ServiceProcess } from './service-process';

/** How long a client looks for an instance that takes its request. */
const TRY_FOR_MS = 15_000;
const REQUEST_MS = 70_000;
const PRE_STOP_MS = 1_000;

export class Fleet {
  private readonly instances = new Map<ServiceName, ServiceProcess[]>();
  private readonly frozen = new Set<ServiceProcess>();
  private readonly ending = new Set<ServiceProcess>();
  private readonly retired = new Set<ServiceProcess>();
  private readonly starting = new Set<Promise<unknown>>();
  /** Every instance that there ever was. */
  readonly all: { readonly service: ServiceName; readonly instance: ServiceProcess }[] = [];
  /** Exits that nobody asked for, e.g. of one that was out of its group for too long. */
  readonly crashes: string[] = [];
  private turn = 0;
  private over = false;

  /** @param comesBack one that ended by itself is started again, as an orchestrator does, unless this says no */
  constructor(
    private readonly settings: Readonly<Record<string, string>>,
    private readonly comesBack: (ended: ServiceProcess) => boolean = () => true,
  ) {}

  of(service: ServiceName): readonly ServiceProcess[] {
    return this.instances.get(service) ?? [];
  }

  /** @param checkout of which release; this one */
  start(service: ServiceName, checkout?: string): Promise<ServiceProcess> {
    const started = ServiceProcess.start(service, this.settings, checkout).then((instance) => {
      this.instances.set(service, [...this.of(service), instance]);
      this.all.push({ service, instance });
      void instance.exit.then((code) => this.ended(service, instance, code, checkout));
      return instance;
    });
    this.starting.add(started);
    void started.catch(() => undefined).then(() => this.starting.delete(started));
    return started;
  }

  /** As an orchestrator does, one that fails is started again. */
  private ended(
    service: ServiceName,
    instance: ServiceProcess,
    code: number | null,
    checkout: string | undefined,
  ): void {
    this.remove(service, instance);
    if (this.ending.has(instance) || this.over) return;
    const last = instance.log.filter(({ level }) => level === 'error' || level === 'fatal').slice(-2);
    this.crashes.push(`${service} ended with ${code}: ${JSON.stringify(last)}`);
    if (this.comesBack(instance))
      this.start(service, checkout).catch((error: unknown) => this.crashes.push(String(error)));
  }

  private remove(service: ServiceName, instance: ServiceProcess): void {
    this.instances.set(
      service,
      this.of(service).filter((one) => one !== instance),
    );
  }

  /** @returns the exit code */
  stop(instance: ServiceProcess): Promise<number | null> {
    this.ending.add(instance);
    return instance.stop();
  }

  /**
   * As an orchestrator does that tells its balancer first (`preStop` of Kubernetes): a connection that is kept alive may be
   * closed in the instant in which a client sends on it, and nobody can tell then whether the request was taken.
   */
  async retire(instance: ServiceProcess): Promise<number | null> {
    this.retired.add(instance);
    await new Promise((resolve) => setTimeout(resolve, PRE_STOP_MS));
    return this.stop(instance);
  }

  kill(instance: ServiceProcess): Promise<void> {
    this.ending.add(instance);
    return instance.kill();
  }

  freeze(instance: ServiceProcess): void {
    this.frozen.add(instance);
    instance.freeze();
  }

  thaw(instance: ServiceProcess): void {
    instance.thaw();
    this.frozen.delete(instance);
  }

  /**
   * Round robin over the instances that take connections. Another one is tried only where nobody took the request, unless
   * `again` says that it may be sent twice.
   *
   * @throws what went wrong, if it did so once the request was on its way
   */
  async request(
    service: ServiceName,
    path: string,
    init: RequestInit = {},
    again: (error: unknown) => boolean = () => false,
  ): Promise<Response> {
    const end = performance.now() + TRY_FOR_MS;
    for (;;) {
      const there = this.of(service).filter((one) => !this.frozen.has(one) && !this.retired.has(one));
      const instance = there[this.turn++ % Math.max(1, there.length)];
      try {
        if (instance === undefined) throw new NobodyThere(service);
        const response = await fetch(instance.url + path, {
          ...init,
          signal: AbortSignal.timeout(REQUEST_MS),
        });
        // Not ready, e.g. its log is away: another may be.
        if (response.status !== 503 || performance.now() > end) return response;
        await response.arrayBuffer();
      } catch (error) {
        const isRefused = error instanceof NobodyThere || codeOf(error) === 'ECONNREFUSED';
        if ((!isRefused && !again(error)) || performance.now() > end) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** What all instances said, in the order of time. */
  logs(): string {
    const lines = this.all.flatMap(({ service, instance }) => {
      const name = `${service}@${new URL(instance.url).port}`;
      return instance.log.map((line) => ({
        time: String(line['time']),
        text: `${name} ${JSON.stringify(line)}`,
      }));
    });
    return lines
      .sort((a, b) => (a.time < b.time ? -1 : 1))
      .map(({ text }) => `${text}\n`)
      .join('');
  }

  async close(): Promise<void> {
    this.over = true;
    while (this.starting.size > 0) await Promise.allSettled(this.starting);
    const left = [...this.instances.values()].flat();
    for (const instance of left) this.thaw(instance);
    await Promise.all(left.map((instance) => this.kill(instance)));
  }
}

class NobodyThere extends Error {
  constructor(service: ServiceName) {
    super(`no instance of ${service} is there`);
  }
}

export const codeOf = (error: unknown) => ((error as Error).cause as { code?: string } | undefined)?.code;
