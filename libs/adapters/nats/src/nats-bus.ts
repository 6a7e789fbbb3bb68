import type { Msg } from '@nats-io/transport-node';
import { createInbox } from '@nats-io/transport-node';
import type { Value } from '@tenon/domain';
import { TenonError } from '@tenon/errors';
import type {
  Bus,
  BusHeaders,
  BusMessage,
  Logger,
  RequestOptions,
  RespondOptions,
  Subscription,
} from '@tenon/ports';
import { decodeMessage, encodeHeaders, isNoResponders } from './codec';
import type { NatsIdentity } from './identity';
import { connectionOf } from './identity';
import { Link } from './link';
import type { Registration } from './link';
import { Signatures } from './signature';

export interface NatsBusOptions extends NatsIdentity {
  /** How the server's monitoring calls this client. */
  readonly name?: string;
  /** Deployments that share a server have different ones: their subjects begin with it. Default `tenon`. */
  readonly deployment?: string;
  /** Messages are signed with it, and others are not heard; the same in all processes of the deployment. */
  readonly secret?: string;
  readonly logger?: Logger;
  /** How long to wait for the first connection; without one the bus starts all the same. Default 2 s. */
  readonly firstConnectMs?: number;
}

/** Hints that wait to be sent, bytes; what comes on top is lost, as it would be without a connection. */
const MAX_UNSENT = 8 * 1024 * 1024;
const FLUSH_AT = 256 * 1024;
/** Requests that one responder works on at a time; others get no answer. */
const MAX_ANSWERING = 64;

/** A bus over NATS: at most once, and with NATS gone everything goes on without it. */
export async function createNatsBus(options: NatsBusOptions): Promise<Bus> {
  const { name = 'tenon', logger, firstConnectMs = 2_000 } = options;
  const trouble = (error: unknown, what: string) => logger?.warn({ error }, what);
  let connection: ReturnType<typeof connectionOf>;
  try {
    connection = connectionOf(options);
  } catch (error) {
    throw new TenonError('invalid-url', `TENON_NATS_URL: ${(error as Error).message}`, { cause: error });
  }
  const link = new Link({ name, ...connection, onTrouble: trouble });
  try {
    await link.start(firstConnectMs);
  } catch (error) {
    await link.close();
    throw error;
  }
  const { deployment = 'tenon', secret } = options;
  return new NatsBus(
    link,
    deployment === 'tenon' ? '' : `${deployment}.`,
    secret === undefined ? null : new Signatures(secret),
    trouble,
  );
}

class NatsBus implements Bus {
  private unsent = 0;
  private flushing = false;
  private strangers = 0;
  private closing: Promise<void> | null = null;

  constructor(
    private readonly link: Link,
    /** What stands before each subject on the server. */
    private readonly prefix: string,
    private readonly signatures: Signatures | null,
    private readonly trouble: (error: unknown, what: string) => void,
  ) {}

  publish(subject: string, payload: Value, headers?: BusHeaders): void {
    this.send(this.prefix + subject, payload, headers);
  }

  /** @returns false if the message is lost */
  private send(subject: string, payload: Value, headers?: BusHeaders, reply?: string): boolean {
    const connection = this.link.current;
    // Without a connection the library would keep it in memory, only to drop it when it reconnects.
    if (connection === null || this.unsent > MAX_UNSENT) return false;
    try {
      const text = JSON.stringify(payload);
      const signed = this.signatures?.headersFor(subject, text);
      const encoded = encodeHeaders({ ...headers, ...signed });
      connection.publish(subject, text, { ...(encoded && { headers: encoded }), ...(reply && { reply }) });
      this.unsent += text.length;
    } catch (error) {
      this.trouble(error, `a message to ${subject} was not sent`);
      return false;
    }
    if (this.unsent > FLUSH_AT && !this.flushing) {
      this.flushing = true;
      void this.link.flush(connection).then(() => {
        this.flushing = false;
        this.unsent = 0;
      });
    }
    return true;
  }

  async subscribe(subject: string, handle: (message: BusMessage) => void): Promise<Subscription> {
    return this.listen({
      subject: this.prefix + subject,
      heard: (message) => {
        try {
          if (this.isOurs(message)) handle(this.decode(message));
        } catch (error) {
          this.trouble(error, `a message to ${message.subject} was not handled`);
        }
      },
    });
  }

  async respond(
    subject: string,
    answer: (message: BusMessage) => Value | Promise<Value>,
    { group }: RespondOptions = {},
  ): Promise<Subscription> {
    let answering = 0;
    const reply = async (message: Msg) => {
      answering++;
      try {
        const value = await answer(this.decode(message));
        if (message.reply) this.send(message.reply, value);
      } catch (error) {
        this.trouble(error, `a request to ${message.subject} was not answered`);
      } finally {
        answering--;
      }
    };
    return this.listen({
      subject: this.prefix + subject,
      ...(group !== undefined && { queue: group }),
      heard: (message) => {
        if (answering < MAX_ANSWERING && this.isOurs(message)) void reply(message);
      },
    });
  }

  async request(subject: string, payload: Value, options: RequestOptions): Promise<Value[]> {
    const { timeoutMs, max = Infinity, enough, headers } = options;
    const connection = this.link.current;
    if (connection === null) return [];
    const replies: Value[] = [];
    const inbox = createInbox();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        inboxSubscription.unsubscribe();
        resolve(replies);
      };
      const timer = setTimeout(done, timeoutMs);
      const inboxSubscription = connection.subscribe(inbox, {
        callback: (error, message) => {
          if (error || isNoResponders(message)) return done();
          try {
            if (replies.length < max && this.isOurs(message)) replies.push(message.json<Value>());
          } catch (failure) {
            this.trouble(failure, `an answer to ${subject} was no JSON`);
          }
          if (replies.length >= max || enough?.(replies) === true) done();
        },
      });
      if (!this.send(this.prefix + subject, payload, headers, inbox)) done();
    });
  }

  connected(): boolean {
    return this.link.current !== null;
  }

  close(): Promise<void> {
    this.closing ??= this.link.close();
    return this.closing;
  }

  private decode(message: Msg): BusMessage {
    const decoded = decodeMessage(message);
    return { ...decoded, subject: decoded.subject.slice(this.prefix.length) };
  }

  /** True if it comes from who holds the secret; others are named a few times, and not obeyed. */
  private isOurs(message: Msg): boolean {
    const problem = this.signatures?.problemOf(message) ?? null;
    if (problem === null) return true;
    this.strangers++;
    // The first one, the second, the fourth, …: whoever floods the bus does not flood the log.
    if (Number.isInteger(Math.log2(this.strangers)))
      this.trouble(
        new TenonError('bus-stranger', `A message to ${message.subject} is not heard: ${problem}.`, {
          hint: 'Give all processes of the deployment the same TENON_BUS_SECRET, and look who else writes there.',
        }),
        `${this.strangers} messages of strangers were not heard`,
      );
    return false;
  }

  private async listen(registration: Registration): Promise<Subscription> {
    await this.link.register(registration);
    return { close: async () => this.link.unregister(registration) };
  }
}
