/** A log whose polls give what the spec says, one after the other. */
import type { ConsumeOptions, EventLog, LogConsumer, LogRecord, PollOptions, Polled } from '@tenon/ports';

export const record = (offset: number): LogRecord => ({
  ...{ offset, timestamp: 0, key: null, value: new Uint8Array() },
  ...{ header: () => undefined, headerBytes: () => undefined, headers: () => ({}) },
});

export const batch = (partition: number, ...offsets: readonly number[]) => ({
  partition,
  records: offsets.map(record),
});

export class ScriptedLog implements Pick<EventLog, 'consume'>, LogConsumer {
  /** What the reader asked for. */
  options: ConsumeOptions | null = null;
  polls: PollOptions[] = [];
  readonly seeks: (readonly [partition: number, offset: number])[] = [];
  /** Partition → the offset that `startAt` said. */
  readonly starts: (readonly [partition: number, offset: number])[] = [];
  closed = false;
  private readonly script: (Partial<Polled> | Error)[] = [];
  private waiting: (() => void) | null = null;

  consume = async (options: ConsumeOptions): Promise<LogConsumer> => {
    this.options = options;
    return this;
  };

  /** The next poll gives this. As in every log, the poll itself asks where a partition that it assigns begins. */
  next(polled: Partial<Polled> | Error): void {
    this.script.push(polled);
    this.waiting?.();
  }

  async poll(options: PollOptions): Promise<Polled> {
    this.polls.push(options);
    while (this.script.length === 0 && options.signal?.aborted !== true)
      await new Promise<void>((resolve) => {
        this.waiting = resolve;
        options.signal?.addEventListener('abort', () => resolve());
      });
    const polled = this.script.shift() ?? {};
    if (polled instanceof Error) throw polled;
    for (const partition of polled.assigned ?? [])
      this.starts.push([partition, (await this.options?.startAt(partition)) ?? NaN]);
    return { assigned: [], revoked: [], read: [], ...polled };
  }

  seek = (partition: number, offset: number): void => void this.seeks.push([partition, offset]);
  close = async (): Promise<void> => void (this.closed = true);
}

/** Lets everything run that waits for promises only: in these specs that is all there is. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 500; turn += 1) await Promise.resolve();
}
