/** The connection to the NATS in which others write a stream: made when it is first needed, and kept. */
import { createHash } from 'node:crypto';
import type { JetStreamClient, JetStreamManager, StreamInfo } from '@nats-io/jetstream';
import { JetStreamApiCodes, JetStreamApiError, jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { connect } from '@nats-io/transport-node';
import { TenonError, Unavailable } from '@tenon/errors';
import type { NatsIdentity } from './identity';
import { connectionOf, placeOf } from './identity';

export interface StreamOptions extends NatsIdentity {
  /** The stream's name; absent: the one that keeps the subject. */
  readonly stream?: string;
  /** Of the stream what came by it, wildcards included; absent: all. */
  readonly subject?: string;
  readonly name?: string;
}

const CONNECT_MS = 5_000;

export class StreamConnection {
  private connection: NatsConnection | null = null;
  private up = false;
  private making: Promise<NatsConnection> | null = null;

  constructor(readonly options: StreamOptions) {}

  /** What is to be read, for people. */
  get title(): string {
    const { stream, subject } = this.options;
    if (stream === undefined) return `JetStream stream that keeps ${subject}`;
    return `JetStream stream ${stream}`;
  }

  /** @throws Unavailable while the connection is lost */
  check(): void {
    if (!this.up) throw new Unavailable(`NATS at ${placeOf(this.options)} is away.`);
  }

  async client(): Promise<{ readonly connection: NatsConnection; readonly client: JetStreamClient }> {
    const connection = await this.connect();
    return { connection, client: jetstream(connection) };
  }

  /**
   * What there is of the stream now; null: there is none.
   *
   * @throws Unavailable; TenonError `stream-unsuitable` where what is read is deleted by that
   */
  async info(): Promise<StreamInfo | null> {
    const connection = await this.connect();
    this.check();
    const found = await this.ask(connection);
    if (found === null || found.config.retention === 'limits') return found;
    throw new TenonError(
      'stream-unsuitable',
      `The ${this.title} deletes what its consumers have read (retention ${found.config.retention}).`,
      { hint: 'Name a stream with retention limits: a mirror of this one may be one.' },
    );
  }

  private async ask(connection: NatsConnection): Promise<StreamInfo | null> {
    try {
      const manager = await jetstreamManager(connection, { checkAPI: false });
      return await manager.streams.info(await this.nameIn(manager));
    } catch (error) {
      if (isNoStream(error)) return null;
      throw unavailable(error);
    }
  }

  private async nameIn(manager: JetStreamManager): Promise<string> {
    const { stream, subject = '>' } = this.options;
    return stream ?? manager.streams.find(subject);
  }

  private connect(): Promise<NatsConnection> {
    if (this.connection !== null) return Promise.resolve(this.connection);
    this.making ??= this.dial().finally(() => (this.making = null));
    return this.making;
  }

  private async dial(): Promise<NatsConnection> {
    const { name = 'tenon' } = this.options;
    try {
      const connection = await connect({
        ...connectionOf(this.options),
        ...{ name, timeout: CONNECT_MS, maxReconnectAttempts: -1, pingInterval: 10_000, maxPingOut: 2 },
        ignoreAuthErrorAbort: true,
      });
      this.connection = connection;
      this.up = true;
      void this.watch(connection);
      return connection;
    } catch (error) {
      throw unavailable(error);
    }
  }

  private async watch(connection: NatsConnection): Promise<void> {
    for await (const { type } of connection.status()) {
      if (type === 'disconnect') this.up = false;
      if (type === 'reconnect') this.up = true;
    }
    if (this.connection === connection) this.connection = null;
    this.up = false;
  }

  async close(): Promise<void> {
    await this.making?.catch(() => undefined);
    const { connection } = this;
    this.connection = null;
    await connection?.close();
  }
}

const isNoStream = (error: unknown) =>
  error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound;

/** Whatever NATS answers may pass: servers start, elect and are moved. */
export const unavailable = (error: unknown): Unavailable =>
  error instanceof Unavailable
    ? error
    : new Unavailable(`NATS: ${(error as Error).message}`, { cause: error });

/** One that was deleted and made anew has another. */
export function identityOf({ config, created }: StreamInfo): string {
  const hex = createHash('sha256').update(`${config.name}\n${created}`).digest('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
}
