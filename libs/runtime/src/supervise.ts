/** Holds a running service, across its failures and across changes of what it is made of. */
import type { Plan } from '@tenon/domain';
import type { Clock, Logger, Readiness, RunningService } from '@tenon/ports';

export type StartService = () => Promise<RunningService>;

export interface Supervised {
  readonly name: RunningService['name'];
  current(): RunningService;
  /** How often it was started again after a failure. */
  restarts(): number;
  /** Its last failure that is not long ago; null: there is none. */
  lastFailure(): Failure | null;
  /** As the service says; not ready while it is being started again, or where that happens again and again. */
  readiness(): Readiness;
  /**
   * Ends what runs and starts it in another way; where that fails, as it was before. Until the new one is there, the old
   * one is still `current`: its routes go on answering.
   *
   * @throws what the new start throws
   */
  replace(start: StartService): Promise<void>;
  /**
   * Goes on with other products of the same sources, without an interruption where the service can; else as `replace` has it.
   *
   * @param start in what way it is started from now on
   */
  adopt(plans: readonly Plan[], start: StartService): Promise<void>;
  /** Once no change is under way that was begun before. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

export interface Failure {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly reason: string;
}

export interface SuperviseDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told of a failure, which then is for good; absent: the service is started again, after a pause that grows. */
  readonly failed?: (reason: unknown) => void;
}

const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 10_000;
/** A service that ran this long is taken to be well again. */
const WELL_AFTER = 60_000;
/** So many failures within a while are no accident. */
const MANY_FAILURES = 3;
const FAILURES_WITHIN = 600_000;
/** So long a failure is told of. */
const TOLD_FOR = 3_600_000;

/** @throws what the first start throws; what becomes of later failures is said by `failed` */
export async function supervise(deps: SuperviseDeps, start: StartService): Promise<Supervised> {
  return new Supervisor(deps, start, await start());
}

class Supervisor implements Supervised {
  readonly name: RunningService['name'];
  private again = 0;
  private pause = FIRST_PAUSE;
  private readonly failures: { readonly at: number; readonly reason: string }[] = [];
  private beganAt = 0;
  /** Why it does not run just now. */
  private failing: string | null = null;
  private readonly stopping = new AbortController();
  /** Aborts attempts to start it again: it is about to be replaced, or to end. */
  private attempts = new AbortController();
  /** One change at a time. */
  private changing: Promise<void> = Promise.resolve();

  constructor(
    private readonly deps: SuperviseDeps,
    private start: StartService,
    private service: RunningService,
  ) {
    this.name = service.name;
    this.watch(service);
  }

  current(): RunningService {
    return this.service;
  }

  restarts(): number {
    return this.again;
  }

  lastFailure(): Failure | null {
    const last = this.failures.at(-1);
    if (last === undefined) return null;
    const { clock } = this.deps;
    const age = clock.monotonic() - last.at;
    return age > TOLD_FOR ? null : { at: clock.now() - age, reason: last.reason };
  }

  readiness(): Readiness {
    if (this.failing !== null)
      return { ok: false, reason: `It failed, and is being started again: ${this.failing}` };
    const now = this.deps.clock.monotonic();
    const lately = this.failures.filter(({ at }) => now - at < FAILURES_WITHIN);
    // One that has run for a while since is well.
    if (lately.length < MANY_FAILURES || now - this.beganAt >= WELL_AFTER) return this.service.ready();
    const minutes = FAILURES_WITHIN / 60_000;
    const reason = `It failed at least ${lately.length} times within ${minutes} minutes, at last for: ${lately.at(-1)?.reason}`;
    return { ok: false, reason };
  }

  replace(start: StartService): Promise<void> {
    return this.change(() => this.replaceBy(start));
  }

  private async replaceBy(start: StartService): Promise<void> {
    await this.service.stop().catch((error: unknown) => this.warn(error, 'service did not end well'));
    const before = this.start;
    try {
      this.begin(await start());
      this.start = start;
    } catch (error) {
      await this.goBack(before);
      throw error;
    }
  }

  adopt(plans: readonly Plan[], start: StartService): Promise<void> {
    return this.change(async () => {
      const { service } = this;
      if (service.adopt === undefined || this.failing !== null) return this.replaceBy(start);
      try {
        await service.adopt(plans);
      } catch (error) {
        this.warn(error, 'service could not go on with other products, and is started anew');
        return this.replaceBy(start);
      }
      this.start = start;
    });
  }

  settled(): Promise<void> {
    return this.changing;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.change(() => this.service.stop());
  }

  private async goBack(start: StartService): Promise<void> {
    try {
      this.begin(await start());
    } catch (error) {
      if (this.deps.failed !== undefined) this.deps.failed(error);
      else this.mend(this.service, error);
    }
  }

  private begin(service: RunningService): void {
    this.service = service;
    this.failing = null;
    this.watch(service);
  }

  private watch(service: RunningService): void {
    const began = this.deps.clock.monotonic();
    this.beganAt = began;
    service.done.catch((error: unknown) => {
      // Of one that was replaced, or is about to end, nobody wants to hear.
      if (this.service !== service || this.stopping.signal.aborted) return;
      if (this.deps.failed !== undefined) return this.deps.failed(error);
      if (this.deps.clock.monotonic() - began > WELL_AFTER) this.pause = FIRST_PAUSE;
      this.mend(service, error);
    });
  }

  /** Starts a service that failed again, until it runs or is replaced. */
  private mend(failed: RunningService, reason: unknown): void {
    const { clock, logger } = this.deps;
    // Made now and not when its turn comes, so that a change that queues up behind it calls it off.
    this.attempts = new AbortController();
    const signal = AbortSignal.any([this.attempts.signal, this.stopping.signal]);
    this.changing = this.changing.then(async () => {
      let error = reason;
      while (this.service === failed && !signal.aborted) {
        logger.error({ error, service: this.name, pause: this.pause }, 'service failed, starting it again');
        this.note(error);
        await failed.stop().catch(() => undefined);
        await clock.sleep(this.pause, signal);
        if (signal.aborted) return;
        this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
        try {
          this.begin(await this.start());
          this.again += 1;
        } catch (another) {
          error = another;
        }
      }
    });
  }

  private note(error: unknown): void {
    this.failing = error instanceof Error ? error.message : String(error);
    this.failures.push({ at: this.deps.clock.monotonic(), reason: this.failing });
    if (this.failures.length > MANY_FAILURES) this.failures.shift();
  }

  private change(work: () => Promise<void>): Promise<void> {
    this.attempts.abort();
    const done = this.changing.then(work);
    this.changing = done.catch(() => undefined);
    return done;
  }

  private warn(error: unknown, message: string): void {
    this.deps.logger.warn({ error, service: this.name }, message);
  }
}
