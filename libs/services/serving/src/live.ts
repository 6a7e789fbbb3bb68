/**
 * Live updates of one product by server-sent events. Hints of the bus say which cells changed; the rows themselves are
 * read from the store. A client is a number, that of the last change it was told of: one that does not drain costs nothing, and is told
 * of all that changed meanwhile in one message. Hints may be lost, so the
 * store is looked at as well: where more is in it than was told, everybody gets a snapshot.
 */

import { HEADERS, SUBJECTS, readCovers, readLiveHint } from '@tenon/contracts';
import type { Bus, Clock, Logger, Subscription, Tracer } from '@tenon/ports';
import { includedIn } from '@tenon/views';
import { Changes } from './changes';
import { HintCheck } from './hint-check';
import type { RowsQuery } from './query';
import { matches } from './query';
import type { ProductReader } from './reader';
import { startLiveUpdate } from './spans';
import type { Value } from '@tenon/domain';
import { cellId } from '@tenon/domain';
import { Links, NO_TRACER, within } from '@tenon/telemetry';

export interface LiveConfig {
  /** At most one message per client in this time, milliseconds. */
  readonly minIntervalMs: number;
  readonly heartbeatMs: number;
  /** Rows of the snapshot that a client begins with, the latest windows first. */
  readonly snapshotRows: number;
  readonly maxClients: number;
  /** Updates kept for clients that come back with a Last-Event-ID. */
  readonly history: number;
  /** How often the store is looked at for changes that no hint has told of, milliseconds. */
  readonly lookMs: number;
  /** How long after the last client has gone the account of changes is kept, milliseconds. */
  readonly resumeMs: number;
}

export const LIVE_DEFAULTS: LiveConfig = {
  minIntervalMs: 100,
  heartbeatMs: 15_000,
  snapshotRows: 500,
  maxClients: 1_000,
  history: 200,
  lookMs: 1_000,
  resumeMs: 30_000,
};

/** A message is told for as long to who asks alike, milliseconds: what it says of the log's end is as old. */
const SHARED_MS = 500;

/** Messages that are kept for it. */
const MAX_SHARED = 100;

interface Client {
  /** The last change that it knows of; null: a snapshot is due. */
  told: number | null;
  wake: () => void;
}

export class LiveHub {
  private readonly clients = new Set<Client>();
  private readonly changes: Changes;
  private readonly stopping = new AbortController();
  private readonly check = new HintCheck();
  /** Looks at the store from time to time; null: nobody would want to know. */
  private looking: Promise<void> | null = null;
  /** Resolves once the first look has begun the account. */
  private accounted: Promise<void> = Promise.resolve();
  private leftAt = 0;
  private subscription: Subscription | undefined;
  private readonly tracer: Tracer;
  /** Traces of landings that no client has been told of. */
  private untold = new Links();
  private readonly messages = new Map<string, { readonly at: number; readonly message: Promise<string> }>();

  constructor(
    private readonly deps: {
      readonly bus: Bus;
      readonly clock: Clock;
      readonly logger: Logger;
      readonly tracer?: Tracer;
    },
    private readonly reader: ProductReader,
    private readonly config: LiveConfig,
    /** Differs from run to run, so that an id of another run or instance is known to be stale. */
    private readonly run: string,
  ) {
    this.tracer = deps.tracer ?? NO_TRACER;
    this.changes = new Changes(config.history);
  }

  async start(): Promise<void> {
    const { product } = this.reader.layout;
    this.subscription = await this.deps.bus.subscribe(SUBJECTS.live(product), ({ payload, headers }) => {
      if (this.tracer.enabled && this.clients.size > 0) this.untold.add(headers[HEADERS.traceparent]);
      const cells = readLiveHint(payload);
      const joins = this.check.hinted(readCovers(payload), cells === null);
      this.changed(joins ? cells : null);
    });
  }

  private changed(cells: readonly string[] | null): void {
    this.messages.clear();
    this.changes.add(cells);
    for (const client of this.clients) client.wake();
  }

  /** Begins the account of what has been told; what a client reads after this is in it. */
  private watch(): Promise<void> {
    if (this.looking !== null) return this.accounted;
    // What was told while nobody looked has no account: an id from then is not to be gone on from.
    this.changes.forget();
    this.check.reset();
    let begun: () => void = () => undefined;
    this.accounted = new Promise<void>((resolve) => (begun = resolve));
    this.looking = this.lookOut(begun);
    return this.accounted;
  }

  private async lookOut(begun: () => void): Promise<void> {
    const { clock, bus, logger } = this.deps;
    const { signal } = this.stopping;
    let away = false;
    while (!signal.aborted) {
      this.check.asking();
      try {
        const view = await this.reader.view();
        const { generation, line } = view.base.pointer;
        // Across a time without a connection nothing is under way that would still tell.
        const patient = bus.connected() && !away;
        if (!this.check.looked({ included: includedIn(view), generation, line }, patient)) this.changed(null);
        away = !bus.connected();
      } catch (error) {
        logger.debug({ error }, 'the store could not be looked at for live updates');
      }
      begun();
      if (this.clients.size === 0 && clock.monotonic() - this.leftAt >= this.config.resumeMs) break;
      await clock.sleep(this.config.lookMs, signal);
    }
    begun();
    this.looking = null;
  }

  get full(): boolean {
    return this.clients.size >= this.config.maxClients;
  }

  get size(): number {
    return this.clients.size;
  }

  /** What a client that comes back knows of; null: nothing that it could go on from. */
  private knownBy(lastEventId: string | undefined): number | null {
    const [run, count] = (lastEventId ?? '').split('.');
    if (run !== this.run || count === undefined || !/^\d{1,15}$/.test(count)) return null;
    return this.changes.since(Number(count)) === null ? null : Number(count);
  }

  /** The stream of one client: a snapshot (or what it missed), then changes; ends when `signal` aborts. */
  async *stream(
    query: RowsQuery,
    lastEventId: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<string> {
    const { clock } = this.deps;
    const client: Client = { told: null, wake: () => undefined };
    this.clients.add(client);
    try {
      await this.watch();
      client.told = this.knownBy(lastEventId);
      yield 'retry: 1000\n\n';
      if (client.told !== null && this.due(client)?.size === 0) yield this.comment('up to date');
      while (!signal.aborted && !this.stopping.signal.aborted) {
        const due = this.due(client);
        if (due === null || due.size > 0) {
          yield await this.tell(client, query, due);
          await clock.sleep(this.config.minIntervalMs, signal);
        } else if (!(await this.wait(client, signal)) && !signal.aborted) {
          yield this.comment('still here');
        }
      }
    } finally {
      this.clients.delete(client);
      this.leftAt = clock.monotonic();
    }
  }

  /** The cells that a client has to be told of; null: a snapshot is due. */
  private due({ told }: Client): ReadonlySet<string> | null {
    return told === null ? null : this.changes.since(told);
  }

  /** In a span where landings are traced: that of the first client that is told, however many there are. */
  private tell(client: Client, query: RowsQuery, due: ReadonlySet<string> | null): Promise<string> {
    if (this.untold.empty) return this.next(client, query, due);
    const span = startLiveUpdate(this.tracer, this.reader.layout.product, this.untold);
    this.untold = new Links();
    return within(span, () => this.next(client, query, due));
  }

  private next(client: Client, query: RowsQuery, due: ReadonlySet<string> | null): Promise<string> {
    const { last } = this.changes;
    // What it is told of is named by what it knew: the cells themselves are gathered once for all who knew as much.
    const since = due === null ? 'snapshot' : client.told;
    // Taken before the read: a change that comes during it is told again, never lost.
    client.told = last;
    const id = `${this.run}.${last}`;
    const question = JSON.stringify([query.range, query.where, query.limit]);
    return this.shared(`${last} ${since} ${question}`, () =>
      due === null ? this.snapshot(id, query) : this.update(id, query, due),
    );
  }

  /**
   * What clients are told of one change is read once for all that ask alike: it was read after the change, and is not used any
   * more after the next one.
   */
  private shared(key: string, make: () => Promise<string>): Promise<string> {
    const now = this.deps.clock.monotonic();
    const known = this.messages.get(key);
    if (known !== undefined && now - known.at < SHARED_MS) return known.message;
    const message = make();
    if (this.messages.size >= MAX_SHARED) this.messages.clear();
    this.messages.set(key, { at: now, message });
    message.catch(() => this.messages.delete(key));
    return message;
  }

  private async snapshot(id: string, query: RowsQuery): Promise<string> {
    const { parts, answer } = await this.reader.read({ ...query, range: { ...query.range, reverse: true } });
    return this.message(id, 'snapshot', parts.join(), [], answer);
  }

  private async update(id: string, query: RowsQuery, waiting: ReadonlySet<string>): Promise<string> {
    // Cell keys are in the order of windows, so `from` and `to` hold here as they do for the snapshot.
    const { gte, lt } = query.range;
    const { rows, removed, answer } = await this.reader.cells(
      [...waiting].filter((cell) => cell >= gte && cell < lt),
    );
    const wanted = (key: readonly Value[]) => matches(query.where, key);
    return this.message(
      id,
      'rows',
      rows
        .filter(({ key }) => wanted(key))
        .map(({ text }) => text)
        .join(),
      removed.filter(wanted).map(cellId),
      answer,
    );
  }

  /** @param rows and `answer` as JSON */
  private message(
    id: string,
    event: string,
    rows: string,
    removed: readonly string[],
    answer: string,
  ): string {
    const { version } = this.reader.layout.plan;
    const head = `{"version":${version},"rows":[${rows}],"removed":${JSON.stringify(removed)}`;
    const data = `${head},"answer":${answer}}`;
    return `id: ${id}\nevent: ${event}\ndata: ${data}\n\n`;
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
    this.stopping.abort();
    await this.subscription?.close();
    await this.looking;
    for (const client of this.clients) client.wake();
  }
}
