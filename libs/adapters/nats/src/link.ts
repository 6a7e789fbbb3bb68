/** A connection that is made, kept and made again for as long as it is wanted, and the subscriptions on it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectionOptions, Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import { connect, errors } from '@nats-io/transport-node';
import { TenonError } from '@tenon/errors';

export interface Registration {
  readonly subject: string;
  /** Of those that share it, one gets each message. */
  readonly queue?: string;
  readonly heard: (message: Msg) => void;
}

export interface LinkOptions extends ConnectionOptions {
  /** Told of what goes wrong; the link goes on. */
  readonly onTrouble: (error: unknown, what: string) => void;
}

const RETRY_MS = 500;
const DRAIN_MS = 5_000;
const FLUSH_MS = 2_000;

export class Link {
  private connection: NatsConnection | null = null;
  private up = false;
  private readonly registered = new Map<Registration, Subscription | null>();
  private readonly stopping = new AbortController();

  constructor(private readonly options: LinkOptions) {}

  /**
   * Waits for the first connection, at most `waitMs`; goes on trying after it.
   *
   * @throws TenonError `bus-refused` if a server answers and says no
   */
  async start(waitMs: number): Promise<void> {
    const first = this.dial();
    first.catch(() => undefined);
    const waited = new AbortController();
    try {
      await Promise.race([first, sleep(waitMs, undefined, { signal: waited.signal })]);
    } finally {
      waited.abort();
    }
  }

  /** The connection, if it is up. */
  get current(): NatsConnection | null {
    return this.up ? this.connection : null;
  }

  /** Resolves once the server knows of it, or at once without a connection: it is then made known with the next one. */
  async register(registration: Registration): Promise<void> {
    this.registered.set(registration, null);
    if (this.connection === null) return;
    // Where it is down just now, the library tells the server when it has reconnected.
    this.attach(this.connection, registration);
    if (this.current !== null) await this.flush(this.current);
  }

  unregister(registration: Registration): void {
    this.registered.get(registration)?.unsubscribe();
    this.registered.delete(registration);
  }

  /** Lets what was published go out and what was heard be handled, then closes. */
  async close(): Promise<void> {
    this.stopping.abort();
    const { connection, up } = this;
    this.up = false;
    this.registered.clear();
    if (connection === null || connection.isClosed()) return;
    if (up)
      await Promise.race([connection.drain(), sleep(DRAIN_MS, undefined, { ref: false })]).catch(
        () => undefined,
      );
    await connection.close();
  }

  /** The library's own way to wait for the first connection can't be called off. */
  private async dial(): Promise<void> {
    const { signal } = this.stopping;
    const { onTrouble, ...options } = this.options;
    for (let told = false; !signal.aborted; told = true) {
      try {
        const connection = await connect({
          ...options,
          reconnect: true,
          maxReconnectAttempts: -1,
          reconnectTimeWait: RETRY_MS,
          reconnectJitter: RETRY_MS,
          // A connection that is half open shows in half a minute; the default takes minutes.
          pingInterval: 10_000,
          maxPingOut: 2,
          ignoreAuthErrorAbort: true,
        });
        if (signal.aborted) return await connection.close();
        this.adopt(connection);
        return;
      } catch (error) {
        if (isRefusal(error)) {
          throw new TenonError('bus-refused', `NATS refuses the connection: ${(error as Error).message}`, {
            hint: 'Check the user, password or token in TENON_NATS_URL.',
            cause: error,
          });
        }
        if (!told) onTrouble(error, 'NATS cannot be reached, trying on');
        await sleep(RETRY_MS, undefined, { signal, ref: false }).catch(() => undefined);
      }
    }
  }

  private adopt(connection: NatsConnection): void {
    this.connection = connection;
    this.up = true;
    for (const registration of this.registered.keys()) this.attach(connection, registration);
    void this.watch(connection);
    void connection.closed().then((error) => {
      if (this.stopping.signal.aborted || this.connection !== connection) return;
      this.up = false;
      this.connection = null;
      this.options.onTrouble(
        error ?? new Error('closed'),
        'the connection to NATS was closed, making a new one',
      );
      this.dial().catch((refused: unknown) =>
        this.options.onTrouble(refused, 'the connection to NATS is gone'),
      );
    });
  }

  private async watch(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (this.connection !== connection) return;
      if (status.type === 'disconnect') this.up = false;
      if (status.type === 'reconnect') this.up = true;
      if (status.type === 'disconnect')
        this.options.onTrouble(new Error(status.server), 'NATS is gone, reconnecting');
      if (status.type === 'error') this.options.onTrouble(status.error, 'NATS reports an error');
      if (status.type === 'slowConsumer')
        this.options.onTrouble(new Error('slow consumer'), 'NATS drops messages');
    }
  }

  private attach(connection: NatsConnection, registration: Registration): void {
    // With a callback nothing queues up: an iterator would, without bound.
    const subscription = connection.subscribe(registration.subject, {
      ...(registration.queue !== undefined && { queue: registration.queue }),
      callback: (error, message) => {
        if (error) this.options.onTrouble(error, `subscription to ${registration.subject}`);
        else registration.heard(message);
      },
    });
    this.registered.set(registration, subscription);
  }

  /** Resolves once the server has taken what was sent; with the connection lost, after a while. */
  async flush(connection: NatsConnection): Promise<void> {
    const waited = new AbortController();
    const late = sleep(FLUSH_MS, undefined, { signal: waited.signal, ref: false });
    await Promise.race([connection.flush(), late]).catch(() => undefined);
    waited.abort();
    late.catch(() => undefined);
  }
}

const isRefusal = (error: unknown) =>
  error instanceof errors.AuthorizationError || error instanceof errors.InvalidArgumentError;
