import type {
  Bus,
  BusHeaders,
  BusMessage,
  Clock,
  RequestOptions,
  RespondOptions,
  Subscription,
} from '@tenon/ports';
import type { Value } from '@tenon/domain';
import { onAbort } from '../abort';
import { systemClock } from '../environment';
import { isSubject, subjectMatcher } from './subjects';

export interface MemoryBusOptions {
  readonly clock?: Clock;
  /** Told of what handlers and responders throw; the bus goes on. */
  readonly onError?: (error: unknown, subject: string) => void;
}

type Handler = (message: BusMessage) => void;

interface Listener {
  readonly matches: (subject: string) => boolean;
  /** Payloads travel as JSON, so that nobody shares objects with the publisher. */
  readonly deliver: (subject: string, payload: string, headers: BusHeaders, replyTo: Reply | null) => void;
  /** Answers requests. */
  readonly responds: boolean;
  /** Shares requests with others of the group. */
  readonly group?: string | undefined;
}

type Reply = (value: Value | undefined) => void;

/** The bus of a single process. Handlers run after `publish` has returned, in the order of the messages. */
export function createMemoryBus(options: MemoryBusOptions = {}): Bus {
  return new MemoryBus(options);
}

class MemoryBus implements Bus {
  private readonly listeners = new Set<Listener>();
  private queue: (() => void)[] = [];
  private draining = false;
  private closed = false;
  private readonly stop = new AbortController();
  private readonly clock: Clock;

  constructor(private readonly options: MemoryBusOptions) {
    this.clock = options.clock ?? systemClock;
  }

  publish(subject: string, payload: Value, headers: BusHeaders = {}): void {
    if (this.closed || !isSubject(subject)) return;
    this.send(subject, JSON.stringify(payload), headers, null);
  }

  async subscribe(subject: string, handle: Handler): Promise<Subscription> {
    return this.listen({
      matches: subjectMatcher(subject),
      responds: false,
      deliver: (to, payload, headers) => {
        this.guard(to, () => handle({ subject: to, payload: JSON.parse(payload) as Value, headers }));
      },
    });
  }

  async respond(
    subject: string,
    answer: (message: BusMessage) => Value | Promise<Value>,
    { group }: RespondOptions = {},
  ): Promise<Subscription> {
    return this.listen({
      matches: subjectMatcher(subject),
      responds: true,
      group,
      deliver: (to, payload, headers, reply) => {
        if (reply === null) return;
        void this.answer(
          to,
          async () => answer({ subject: to, payload: JSON.parse(payload) as Value, headers }),
          reply,
        );
      },
    });
  }

  async request(subject: string, payload: Value, options: RequestOptions): Promise<Value[]> {
    if (this.closed) return [];
    const replies: Value[] = [];
    const enough = new AbortController();
    const stopListening = onAbort(this.stop.signal, () => enough.abort());
    let waiting = 0;
    const reply: Reply = (value) => {
      waiting--;
      if (enough.signal.aborted) return;
      if (value !== undefined) replies.push(value);
      // Nobody is left to answer, or there are enough.
      if (waiting === 0 || replies.length >= (options.max ?? Infinity) || options.enough?.(replies) === true)
        enough.abort();
    };
    waiting = this.send(subject, JSON.stringify(payload), options.headers ?? {}, reply);
    if (waiting > 0) await this.clock.sleep(options.timeoutMs, enough.signal);
    enough.abort();
    stopListening();
    return replies;
  }

  connected(): boolean {
    return !this.closed;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.listeners.clear();
    this.stop.abort();
  }

  private async listen(listener: Listener): Promise<Subscription> {
    this.listeners.add(listener);
    return { close: async () => void this.listeners.delete(listener) };
  }

  /** @returns how many responders will call `reply` */
  private send(subject: string, payload: string, headers: BusHeaders, reply: Reply | null): number {
    let responders = 0;
    const copied = { ...headers };
    const matching = [...this.listeners].filter((listener) => listener.matches(subject));
    for (const listener of onePerGroup(matching)) {
      if (listener.responds) responders++;
      this.later(() => {
        if (this.listeners.has(listener)) listener.deliver(subject, payload, copied, reply);
        else if (listener.responds) reply?.(undefined);
      });
    }
    return responders;
  }

  private later(work: () => void): void {
    this.queue.push(work);
    if (this.draining) return;
    this.draining = true;
    setImmediate(() => {
      const works = this.queue;
      this.queue = [];
      this.draining = false;
      for (const one of works) one();
    });
  }

  private guard(subject: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.options.onError?.(error, subject);
    }
  }

  private async answer(subject: string, work: () => Promise<Value>, reply: Reply): Promise<void> {
    try {
      reply(JSON.parse(JSON.stringify(await work())) as Value);
    } catch (error) {
      reply(undefined);
      this.options.onError?.(error, subject);
    }
  }
}

/** The first of each group. */
function onePerGroup(listeners: readonly Listener[]): Listener[] {
  const seen = new Set<string>();
  return listeners.filter(({ group }) => {
    if (group === undefined) return true;
    const first = !seen.has(group);
    seen.add(group);
    return first;
  });
}
