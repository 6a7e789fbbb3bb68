/**
 * All instances of a deployment, as one of them finds them over the bus: who is there, how they are, and whether they
 * take another catalog. With the bus away it answers for itself, and says that it does.
 */
import { SUBJECTS } from '@tenon/contracts';
import type { Problem, Value } from '@tenon/domain';
import type { Bus, Clock, Logger, Subscription } from '@tenon/ports';
import {
  absentWarning,
  busWarnings,
  catalogWarnings,
  restlessWarnings,
  silentWarnings,
} from './deployment-warnings';
import type { ServiceState } from './instance';
import type { Member } from './roster';
import { Roster } from './roster';
import type { ReloadOptions, Reloaded } from './service-set';
import { serviceWarnings } from './service-warnings';

export interface DeploymentDeps {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly self: Member;
  readonly states: () => readonly ServiceState[];
  /** The services that the catalog needs; absent: none in particular. */
  readonly needed?: () => readonly string[];
  readonly reload: (options: ReloadOptions) => Promise<Reloaded>;
}

/** `silent`: connected, but not even what this instance says to itself comes through. */
export type BusState = 'connected' | 'silent' | 'away';

/** A service of which this instance knows, and which does not answer. */
export interface SilentService {
  readonly name: string;
  readonly instance: string;
  readonly ready: false;
  readonly answering: false;
  readonly reason: string;
}

export interface DeploymentStatus {
  readonly bus: BusState;
  readonly services: readonly (ServiceState | SilentService)[];
  readonly warnings: readonly Problem[];
}

export interface InstanceReload extends Omit<Reloaded, 'outcome' | 'catalog'> {
  readonly instance: string;
  readonly services: readonly string[];
  /** `under-way`: it takes longer than whoever asked waits. */
  readonly outcome: Reloaded['outcome'] | 'under-way' | 'no-answer';
  readonly catalog?: string;
}

export interface DeploymentReload {
  readonly bus: BusState;
  readonly instances: readonly InstanceReload[];
  readonly warnings: readonly Problem[];
}

const BEAT_MS = 5_000;
/** A status is answered within a second, whoever stands still. */
const STATUS_MS = 700;
/** An instance says after this long that it is still at it. */
const UNDER_WAY_MS = 20_000;
const RELOAD_MS = 25_000;
/** So long an instance that did not say that it is there is waited for, and how often. */
const SILENT_MS = 300;
const TRIES = 3;

/** Consumption goes first, see `RELOAD_ORDER`. */
type Stage = 'consumption' | 'others';

export class Deployment {
  private readonly roster = new Roster();
  private readonly subscriptions: Subscription[] = [];
  private readonly stopping = new AbortController();
  private beating: Promise<void> = Promise.resolve();
  /** Whether the bus has been there long enough to have heard of everyone. */
  private complete = false;

  constructor(private readonly deps: DeploymentDeps) {}

  async start(): Promise<void> {
    const { bus, self, states } = this.deps;
    this.subscriptions.push(
      await bus.subscribe(SUBJECTS.alive, ({ payload }) => this.hear(payload)),
      await bus.respond(SUBJECTS.reload, ({ payload }) => this.answerReload(payload)),
    );
    // One responder per service: each answers for itself.
    for (const name of self.services)
      this.subscriptions.push(
        await bus.respond(
          SUBJECTS.status,
          () => (states().find((state) => state.name === name) ?? null) as unknown as Value,
        ),
      );
    this.beating = this.beat();
  }

  async status(): Promise<DeploymentStatus> {
    const { self, states } = this.deps;
    const { bus, replies } = await this.ask();
    const mine = states();
    const others = replies.filter(({ instance }) => instance !== self.instance);
    const reason = bus === 'away' ? 'NATS is away, so it can’t be asked.' : 'It does not answer.';
    const silent = this.others().flatMap(({ instance, services }) =>
      services
        .filter((name) => !others.some((state) => state.instance === instance && state.name === name))
        .map((name): SilentService => ({ name, instance, ready: false, answering: false, reason })),
    );
    return {
      bus,
      services: [...mine, ...others, ...silent],
      warnings: [
        ...busWarnings(bus),
        ...(bus === 'away' ? [] : silentWarnings(silent)),
        ...serviceWarnings([...mine, ...others]),
        ...catalogWarnings([...mine, ...others]),
        ...(bus === 'connected' ? this.absent([...mine, ...others]) : []),
        ...restlessWarnings(this.roster.shortLived()),
      ],
    };
  }

  /**
   * Every instance reads its catalog again. Whoever is silent is asked a few times whether it is there, and not waited
   * for: it hears of the reload too, if it comes back.
   */
  async reload(options: ReloadOptions = {}): Promise<DeploymentReload> {
    const { self } = this.deps;
    const done: InstanceReload[] = [];
    let bus: BusState = 'away';
    for (const stage of ['consumption', 'others'] as const) {
      const own = stageOf(self) === stage ? [this.reloadSelf(options)] : [];
      for (let tries = 0; tries < TRIES; tries += 1) {
        const asked = await this.ask();
        bus = asked.bus;
        const there = new Set(asked.replies.map(({ instance }) => instance));
        const left = this.others().filter((one) => stageOf(one) === stage && !isIn(done, one));
        const targets = left.filter(({ instance }) => there.has(instance));
        // The first time all are asked, there or not: who is silent hears of it, if it comes back.
        if (bus !== 'away' && (targets.length > 0 || (tries === 0 && left.length > 0))) {
          const answers = await this.askToReload(stage, targets, tries > 0, options);
          done.push(...answers.filter((one) => !isIn(done, one)));
        }
        if (bus === 'away' || left.every((one) => isIn(done, one))) break;
      }
      done.push(...(await Promise.all(own)));
    }
    const silent = this.others().filter((one) => !isIn(done, one));
    const instances = [...done, ...silent.map((one) => ({ ...one, outcome: 'no-answer' as const }))];
    return { bus, instances, warnings: [...busWarnings(bus), ...onceEach(instances)] };
  }

  async close(): Promise<void> {
    const { bus, self } = this.deps;
    this.stopping.abort();
    await this.beating;
    for (const subscription of this.subscriptions) await subscription.close();
    bus.publish(SUBJECTS.alive, { v: 1, instance: self.instance, gone: true });
  }

  /** Services without an instance; soon after a start not everyone has been heard of. */
  private absent(states: readonly { readonly name: string }[]): Problem[] {
    if (!this.complete) return [];
    const there = new Set(
      [...states, ...this.others().flatMap(({ services }) => services.map((name) => ({ name })))].map(
        ({ name }) => name,
      ),
    );
    // Batch archives too.
    if (there.has('batch')) there.add('archive');
    return (this.deps.needed?.() ?? []).filter((name) => !there.has(name)).map(absentWarning);
  }

  /** Instances that are known to have a service, this one among them. */
  instancesOf(service: string): number {
    const { self } = this.deps;
    return [self, ...this.others()].filter(({ services }) => services.includes(service)).length;
  }

  private others(): readonly Member[] {
    return this.roster.members().filter(({ instance }) => instance !== this.deps.self.instance);
  }

  /** Asks all for their state; over once everyone who is known has answered. */
  private async ask(): Promise<{ bus: BusState; replies: readonly ServiceState[] }> {
    const { bus, self } = this.deps;
    if (!bus.connected()) return { bus: 'away', replies: [] };
    const expected = [self, ...this.others()].flatMap(({ instance, services }) =>
      services.map((name) => `${instance} ${name}`),
    );
    const replies = await bus.request(
      SUBJECTS.status,
      {},
      {
        timeoutMs: STATUS_MS,
        enough: (all) => {
          if (!this.complete || all.length < expected.length) return false;
          const answered = new Set(statesOf(all).map(({ instance, name }) => `${instance} ${name}`));
          return expected.every((one) => answered.has(one));
        },
      },
    );
    const states = statesOf(replies);
    for (const { instance } of states)
      this.roster.heard({
        instance,
        services: states.filter((state) => state.instance === instance).map(({ name }) => name),
      });
    const heardItself = states.some(({ instance }) => instance === self.instance);
    return { bus: heardItself ? 'connected' : 'silent', replies: states };
  }

  private async askToReload(
    stage: Stage,
    targets: readonly Member[],
    only: boolean,
    options: ReloadOptions,
  ): Promise<readonly InstanceReload[]> {
    const { bus, self } = this.deps;
    const to = only ? { only: targets.map(({ instance }) => instance) } : {};
    const replies = await bus.request(
      SUBJECTS.reload,
      { v: 1, from: self.instance, stage, ...to, ...options },
      {
        timeoutMs: targets.length === 0 ? SILENT_MS : RELOAD_MS,
        enough: (all) => targets.length > 0 && targets.every((one) => isIn(reloadsOf(all), one)),
      },
    );
    return reloadsOf(replies);
  }

  private async answerReload(payload: Value): Promise<Value> {
    const { self } = this.deps;
    const { from, stage, only, apply, throttle, at } = (payload ?? {}) as Readonly<Record<string, Value>>;
    const skips =
      from === self.instance ||
      (stage !== undefined && stage !== stageOf(self)) ||
      (isTexts(only) && !only.includes(self.instance));
    const rate = { ...(typeof throttle === 'number' && { throttle }), ...(typeof at === 'number' && { at }) };
    const options: ReloadOptions = apply === 'auto' || apply === 'hold' ? { apply, ...rate } : {};
    return skips ? null : ((await this.reloadSelf(options)) as unknown as Value);
  }

  private async reloadSelf(options: ReloadOptions): Promise<InstanceReload> {
    const { clock, self, reload } = this.deps;
    const waited = new AbortController();
    const late = clock.sleep(UNDER_WAY_MS, waited.signal).then(() => ({ outcome: 'under-way' as const }));
    const result = await Promise.race([reload(options), late]);
    waited.abort();
    return { ...self, ...result };
  }

  private hear(payload: Value): void {
    const { instance, services, gone } = (payload ?? {}) as {
      readonly instance?: Value;
      readonly services?: Value;
      readonly gone?: Value;
    };
    if (typeof instance !== 'string') return;
    if (gone === true) this.roster.gone(instance);
    else if (isTexts(services)) this.roster.heard({ instance, services });
  }

  private async beat(): Promise<void> {
    const { bus, clock, self } = this.deps;
    const { signal } = this.stopping;
    let connected = 0;
    // Whoever is there already is heard of by asking.
    await this.ask();
    while (!signal.aborted) {
      connected = bus.connected() ? connected + 1 : 0;
      // While nothing can be heard nobody grows older.
      if (connected > 1) this.roster.tick();
      this.complete = connected > 2;
      bus.publish(SUBJECTS.alive, { v: 1, ...self });
      await clock.sleep(BEAT_MS, signal);
    }
  }
}

/** What instances warn of, once: mostly they read the same catalog. */
function onceEach(instances: readonly InstanceReload[]): Problem[] {
  const all = instances.flatMap(({ warnings = [] }) => warnings);
  return [...new Map(all.map((warning) => [JSON.stringify(warning), warning])).values()];
}

const isIn = (all: readonly { readonly instance: string }[], { instance }: Member) =>
  all.some((one) => one.instance === instance);

const stageOf = ({ services }: Member): Stage =>
  services.includes('consumption') ? 'consumption' : 'others';

const isTexts = (value: Value | undefined): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');

/** Replies that say whose they are; another version's may look otherwise. */
function statesOf(replies: readonly Value[]): ServiceState[] {
  return (replies as readonly (Partial<ServiceState> | null)[]).filter(
    (one): one is ServiceState => typeof one?.name === 'string' && typeof one.instance === 'string',
  );
}

function reloadsOf(replies: readonly Value[]): InstanceReload[] {
  return (replies as readonly (Partial<InstanceReload> | null)[]).filter(
    (one): one is InstanceReload => typeof one?.instance === 'string' && typeof one.outcome === 'string',
  );
}
