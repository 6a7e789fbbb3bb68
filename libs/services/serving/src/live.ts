/**
 * Live updates of one product by server-sent events. Hints of the bus say which cells changed; the rows themselves are
 * read from the store, once for all clients. A client that does not drain misses no state: its cells are coalesced.
 */

import { SUBJECTS, readLiveHint } from '@tenon/contracts';
import type { Bus, Clock, Logger, Subscription } from '@tenon/ports';
import type { RowsQuery } from './query';
import { matches } from './query';
import type { LiveRows, ProductReader } from './reader';
import { parseCellId } from '@tenon/domain';

export interface LiveConfig {
  /** At most one message per client in this time, milliseconds. */
  readonly minIntervalMs: number;
  readonly heartbeatMs: number;
  /** Rows of the snapshot that a client begins with, the latest windows first. */
  readonly snapshotRows: number;
  readonly maxClients: number;
  /** Updates kept for clients that come back with a Last-Event-ID. */
  readonly history: number;
}

export const LIVE_DEFAULTS: LiveConfig = {
  minIntervalMs: 100,
  heartbeatMs: 15_000,
  snapshotRows: 500,
  maxClients: 200,
  history: 200,
};

/** Cells that may wait for a slow client; above it, it gets a fresh snapshot instead. */
const MAX_WAITING = 5000;

interface Update {
  readonly id: number;
  readonly cells: readonly string[] | null;
}

interface Client {
  /** Cells to tell about; null: everything may have changed, a snapshot is due. */
  waiting: Set<string> | null;
  wake: () => void;
}

export class LiveHub {
  private readonly clients = new Set<Client>();
  private readonly updates: Update[] = [];
  private last = 0;
  private stopped = false;
  private subscription: Subscription | undefined;

  constructor(
    private readonly deps: { readonly bus: Bus; readonly clock: Clock; readonly logger: Logger },
    private readonly reader: ProductReader,
    private readonly config: LiveConfig,
    /** Differs from run to run, so that an id of another run or instance is known to be stale. */
    private readonly run: string,
  ) {}

  async start(): Promise<void> {
    const { product } = this.reader.layout.plan;
    this.subscription = await this.deps.bus.subscribe(SUBJECTS.live(product), ({ payload }) => {
      this.changed(readLiveHint(payload));
    });
  }

  private changed(cells: readonly string[] | null): void {
    this.last += 1;
    this.updates.push({ id: this.last, cells });
    if (this.updates.length > this.config.history) this.updates.shift();
    for (const client of this.clients) {
      if (cells === null) client.waiting = null;
      else if (client.waiting !== null) for (const cell of cells) client.waiting.add(cell);
      if ((client.waiting?.size ?? 0) > MAX_WAITING) client.waiting = null;
      client.wake();
    }
  }

  get full(): boolean {
    return this.clients.size >= this.config.maxClients;
  }

  get size(): number {
    return this.clients.size;
  }

  /** The cells that changed since an event id, or null if that can't be told: then a snapshot is due. */
  private since(lastEventId: string | undefined): Set<string> | null {
    const [run, count] = (lastEventId ?? '').split('.');
    if (run !== this.run || count === undefined || !/^\d{1,15}$/.test(count)) return null;
    const id = Number(count);
    if (id > this.last || id < (this.updates[0]?.id ?? this.last + 1) - 1) return null;
    const cells = new Set<string>();
    for (const update of this.updates) {
      if (update.id <= id) continue;
      if (update.cells === null) return null;
      for (const cell of update.cells) cells.add(cell);
    }
    return cells;
  }

  /** The stream of one client: a snapshot (or what it missed), then changes; ends when `signal` aborts. */
  async *stream(
    query: RowsQuery,
    lastEventId: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<string> {
    const { clock } = this.deps;
    const client: Client = { waiting: this.since(lastEventId), wake: () => undefined };
    this.clients.add(client);
    try {
      yield 'retry: 1000\n\n';
      if (client.waiting !== null && client.waiting.size === 0) yield this.comment('up to date');
      while (!signal.aborted && !this.stopped) {
        if (client.waiting === null || client.waiting.size > 0) {
          yield await this.next(client, query);
          await clock.sleep(this.config.minIntervalMs, signal);
        } else if (!(await this.wait(client, signal)) && !signal.aborted) {
          yield this.comment('still here');
        }
      }
    } finally {
      this.clients.delete(client);
    }
  }

  private async next(client: Client, query: RowsQuery): Promise<string> {
    const waiting = client.waiting;
    client.waiting = new Set();
    // Taken before the read: a change that comes during it is told again, never lost.
    const id = `${this.run}.${this.last}`;
    if (waiting === null) {
      const answer = await this.reader.rows({ ...query, range: { ...query.range, reverse: true } }, {});
      return this.message(id, 'snapshot', { rows: answer.rows, removed: [], answer: answer.answer });
    }
    // Cell keys are in the order of windows, so `from` and `to` hold here as they do for the snapshot.
    const { gte, lt } = query.range;
    const { rows, removed, answer } = await this.reader.cells(
      [...waiting].filter((cell) => cell >= gte && cell < lt),
    );
    const wanted = (cell: string) =>
      query.where.length === 0 || matches(query.where, parseCellId(cell) ?? []);
    return this.message(id, 'rows', {
      rows: rows.filter((row) => wanted(row._cell)),
      removed: removed.filter(wanted),
      answer,
    });
  }

  private message(id: string, event: string, data: LiveRows): string {
    return `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
  }

  private comment(text: string): string {
    return `: ${text}\n\n`;
  }

  /** @returns true if woken by a change, false at the heartbeat. */
  private async wait(client: Client, signal: AbortSignal): Promise<boolean> {
    const woken = new AbortController();
    client.wake = () => woken.abort();
    const end = () => woken.abort();
    signal.addEventListener('abort', end, { once: true });
    await this.deps.clock.sleep(this.config.heartbeatMs, woken.signal);
    signal.removeEventListener('abort', end);
    client.wake = () => undefined;
    return woken.signal.aborted;
  }

  /** Ends the streams: their clients come back by themselves, to whoever is there then. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.subscription?.close();
    for (const client of this.clients) client.wake();
  }
}
