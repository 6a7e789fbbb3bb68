/** Fetches a topic's partitions from their leaders, one request at a time each, for as long as there is something wanted. */
import { setTimeout as sleep } from 'node:timers/promises';
import { TenonError } from '@tenon/errors';
import type { FetchedPartition } from './fetch-response';
import type { Cluster } from './kafkajs';
import { fetchFrom } from './kafkajs';
import { OFFSET_OUT_OF_RANGE, lastingError } from './protocol-errors';

export interface Wanted {
  readonly partition: number;
  readonly offset: number;
}

/** Who wants the records. */
export interface FetchSink {
  /** What to fetch next; asked before each request. */
  wanted(): readonly Wanted[];
  arrived(fetched: FetchedPartition, from: number): void;
  outOfRange(fetched: FetchedPartition, from: number): void;
  /** All of an answer has arrived: so many bytes. */
  answered(bytes: number): void;
  /** It is tried again; `fatal` errors are not. */
  failed(error: unknown, fatal: boolean): void;
}

export interface FetcherOptions {
  readonly topic: string;
  readonly maxWaitMs: number;
  /** The broker waits up to `maxWaitMs` for so many. */
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly maxPartitionBytes: number;
  /** See `FetchOptions`. */
  readonly committed?: boolean;
}

const RETRY_MS = 200;
const NO_LEADER = -1;

export class Fetcher {
  private readonly loops = new Map<number, Promise<void>>();
  private readonly stopping = new AbortController();
  private turn = 0;

  constructor(
    private readonly cluster: Cluster,
    private readonly sink: FetchSink,
    private readonly options: FetcherOptions,
  ) {}

  /** To be called when something new is wanted. */
  kick(): void {
    if (this.stopping.signal.aborted) return;
    for (const { partition } of this.sink.wanted()) {
      const leader = this.leaderOf(partition);
      if (!this.loops.has(leader)) this.loops.set(leader, this.run(leader));
    }
  }

  async close(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.loops.values());
  }

  private leaderOf(partition: number): number {
    const known = this.cluster.findTopicPartitionMetadata(this.options.topic);
    return known.find((one) => one.partitionId === partition)?.leader ?? NO_LEADER;
  }

  private async run(leader: number): Promise<void> {
    const { signal } = this.stopping;
    // Not before `kick` has noted the loop.
    await Promise.resolve();
    while (!signal.aborted) {
      const wanted = this.sink.wanted().filter(({ partition }) => this.leaderOf(partition) === leader);
      if (wanted.length === 0) break;
      try {
        if (leader === NO_LEADER) throw new Error('A partition has no leader');
        await this.fetch(leader, wanted);
      } catch (error) {
        if (signal.aborted) break;
        if (error instanceof TenonError) return this.sink.failed(error, true);
        this.sink.failed(error, false);
        await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
        await this.cluster.refreshMetadata().catch(() => undefined);
        // Another broker may lead now.
        this.kick();
      }
    }
    this.loops.delete(leader);
  }

  private async fetch(leader: number, wanted: readonly Wanted[]): Promise<void> {
    const { topic, maxWaitMs, minBytes, maxBytes, maxPartitionBytes, committed = false } = this.options;
    await this.cluster.refreshMetadataIfNecessary();
    const broker = await this.cluster.findBroker({ nodeId: leader });
    // The first partition gets its first batch however large; each has its turn to be the first.
    const first = this.turn++ % wanted.length;
    const partitions = [...wanted.slice(first), ...wanted.slice(0, first)].map((one) => ({
      ...one,
      maxBytes: maxPartitionBytes,
    }));
    const answer = await fetchFrom(broker, { topic, partitions, maxWaitMs, minBytes, maxBytes, committed });
    let failure: number | null = null;
    this.sink.answered(answer.reduce((sum, { recordSet }) => sum + recordSet.length, 0));
    for (const fetched of answer) {
      const from = wanted.find((one) => one.partition === fetched.partition)?.offset;
      if (from === undefined || this.stopping.signal.aborted) continue;
      if (fetched.errorCode === 0) this.sink.arrived(fetched, from);
      else if (fetched.errorCode === OFFSET_OUT_OF_RANGE) this.sink.outOfRange(fetched, from);
      else failure = fetched.errorCode;
    }
    if (failure !== null) throw lastingError(failure, topic) ?? new Error(`error ${failure}`);
  }
}
