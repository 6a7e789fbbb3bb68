/** The loop of work that is due when something has happened, and from time to time in case nobody told. */
import { isPassing } from '@tenon/errors';
import type { Clock, Logger } from '@tenon/ports';
import { Outage } from './outage';
import type { TellRest } from './rests';
import { Rests } from './rests';

export class Periodic {
  private readonly stopping = new AbortController();
  private readonly outage: Outage;
  private readonly rests: Rests | null;
  private waking = new AbortController();
  /** Rejects if the work fails; resolves when it has been stopped. */
  done: Promise<void> = Promise.resolve();

  /**
   * @param name in the log
   * @param every how long it waits at most, milliseconds
   * @param work one run of it; `signal` aborts when it is stopped
   * @param alone told of an error that does not pass, after which it rests; absent: it ends with the error
   */
  constructor(
    private readonly deps: { readonly clock: Clock; readonly logger: Logger },
    name: string,
    private readonly every: () => number,
    private readonly work: (signal: AbortSignal) => Promise<void>,
    alone?: TellRest,
  ) {
    this.outage = new Outage(deps, name);
    this.rests = alone === undefined ? null : new Rests(deps, name, alone);
  }

  /** What it waits for, in words; null: nothing. */
  get trouble(): string | null {
    return this.outage.trouble ?? this.rests?.reason ?? null;
  }

  start(): void {
    this.done = this.run();
    this.done.catch(() => undefined); // whoever holds `done` handles it
  }

  /** Runs the work now, or again if it is running. */
  wake(): void {
    this.waking.abort();
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const waking = (this.waking = new AbortController());
      if (!(await this.attempt(signal)) || signal.aborted) continue;
      await this.deps.clock.sleep(this.every(), waking.signal);
    }
  }

  /** @returns false if something is away, or it has failed: it is tried again */
  private async attempt(signal: AbortSignal): Promise<boolean> {
    try {
      await this.work(signal);
      this.outage.over();
      this.rests?.works(true);
      return true;
    } catch (error) {
      if (isPassing(error) || this.rests === null) await this.outage.wait(error, signal);
      else await this.rests.rest(error, signal);
      return false;
    }
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.waking.abort();
    await this.done.catch(() => undefined);
  }
}
