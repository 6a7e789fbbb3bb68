/**
 * How far the services of a process are behind the log, and whether one stands still while there is more to read: then
 * its loop is stuck, the process is not alive, and whoever runs it should start it again. A heartbeat would not show it.
 */
import type { Clock, EventLog, LogReading, RunningService } from '@tenon/ports';

export interface ProgressConfig {
  readonly everyMs: number;
  /** A service that reads nothing for this long, with more to read, is stuck. */
  readonly stuckAfterMs: number;
  /** The same while it says that it is busy, e.g. with a full batch run. */
  readonly stuckAfterMsBusy: number;
}

export const PROGRESS_DEFAULTS: ProgressConfig = {
  everyMs: 5_000,
  stuckAfterMs: 120_000,
  stuckAfterMsBusy: 3_600_000,
};

/** One partition that a service of this process reads. */
export interface PartitionLag {
  readonly service: string;
  readonly group: string;
  readonly topic: string;
  readonly partition: string;
  readonly next: number;
  readonly lag: number;
}

interface Seen {
  readonly positions: string;
  readonly since: number;
}

export interface ProgressDeps {
  readonly log: Pick<EventLog, 'endOffsets'>;
  readonly clock: Clock;
  /** The services of this process, asked each time since one may have been started again. */
  readonly services: () => readonly RunningService[];
  /** A topic to ask the log for where no service reads any, so that a log that is away shows. */
  readonly probe?: string;
}

export class Progress {
  private readonly seen = new Map<string, Seen>();
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private observed: readonly PartitionLag[] = [];
  private stuckReason: string | null = null;
  private logReason: string | null = null;

  constructor(
    private readonly deps: ProgressDeps,
    private readonly config: ProgressConfig = PROGRESS_DEFAULTS,
  ) {}

  start(): void {
    this.running = this.run();
  }

  async close(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** As of the last observation. */
  lags(): readonly PartitionLag[] {
    return this.observed;
  }

  /** Why this process is not alive; null if it is. */
  stuck(): string | null {
    return this.stuckReason;
  }

  /** Why the log could not be asked the last time; null if it could. */
  trouble(): string | null {
    return this.logReason;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.observe();
      await this.deps.clock.sleep(this.config.everyMs, signal);
    }
  }

  /** Asks the log once. With the log away nothing is known: standing still is then no fault of the service. */
  async observe(): Promise<void> {
    const readings = this.deps
      .services()
      .flatMap((service) =>
        (service.readings?.() ?? []).map((reading) => ({ service: service.name, ...reading })),
      );
    try {
      const ends = await this.endsOf(readings.map(({ topic }) => topic));
      this.logReason = null;
      const lags = readings.map((reading) => ({
        reading,
        lags: lagsOf(reading, ends.get(reading.topic) ?? {}),
      }));
      this.observed = lags.flatMap((one) => one.lags);
      this.stuckReason = this.judge(lags);
    } catch (error) {
      this.logReason = error instanceof Error ? error.message : String(error);
      this.seen.clear();
    }
  }

  private async endsOf(topics: readonly string[]): Promise<Map<string, Readonly<Record<string, number>>>> {
    const { log, probe } = this.deps;
    const wanted = new Set(topics);
    if (wanted.size === 0 && probe !== undefined) wanted.add(probe);
    return new Map(
      await Promise.all([...wanted].map(async (topic) => [topic, await log.endOffsets(topic)] as const)),
    );
  }

  private judge(all: readonly { reading: LogReading; lags: readonly PartitionLag[] }[]): string | null {
    const now = this.deps.clock.monotonic();
    let reason: string | null = null;
    for (const { reading, lags } of all) {
      const key = `${reading.group}/${reading.topic}`;
      const behind = reading.rests === true ? [] : lags.filter(({ lag }) => lag > 0);
      const positions = JSON.stringify(lags.map(({ partition, next }) => [partition, next]));
      const before = this.seen.get(key);
      if (behind.length === 0 || before?.positions !== positions) {
        this.seen.set(key, { positions, since: now });
        continue;
      }
      const limit = reading.busy === true ? this.config.stuckAfterMsBusy : this.config.stuckAfterMs;
      if (now - before.since < limit) continue;
      const seconds = Math.round((now - before.since) / 1000);
      const first = behind[0] as PartitionLag;
      reason = `${first.service} has read nothing of ${reading.topic} for ${seconds} s, although there is more.`;
    }
    return reason;
  }
}

function lagsOf(
  { service, group, topic, next }: LogReading & { readonly service: string },
  ends: Readonly<Record<string, number>>,
): PartitionLag[] {
  return Object.entries(next).map(([partition, offset]) => ({
    ...{ service, group, topic, partition, next: offset },
    // The end was asked first, so a position may already be beyond it.
    lag: Math.max(0, (ends[partition] ?? offset) - offset),
  }));
}
