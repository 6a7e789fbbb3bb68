/**
 * Control and hints between services: what Tenon needs of NATS. At-most-once and never the only home of a fact: whoever
 * gets a message re-reads the truth from the log or the store, and works (later) without it.
 */
import type { Value } from '@tenon/domain';

export type BusHeaders = Readonly<Record<string, string>>;

export interface BusMessage {
  readonly subject: string;
  readonly payload: Value;
  readonly headers: BusHeaders;
}

export interface Subscription {
  close(): Promise<void>;
}

export interface RequestOptions {
  readonly timeoutMs: number;
  /** Resolves once there are so many replies. */
  readonly max?: number;
  /** Looks at the replies after each; true: these will do. */
  readonly enough?: (replies: readonly Value[]) => boolean;
  readonly headers?: BusHeaders;
}

export interface RespondOptions {
  /** Responders that share a group share the work: each request goes to one of them. */
  readonly group?: string;
}

export interface Bus {
  /** Never throws for lack of a connection: the message is then lost. `*` and `>` work in subscriptions as in NATS. */
  publish(subject: string, payload: Value, headers?: BusHeaders): void;
  subscribe(subject: string, handle: (message: BusMessage) => void): Promise<Subscription>;
  /** Asks everyone who responds on `subject`; resolves with what came within `timeoutMs`, or once that is enough. */
  request(subject: string, payload: Value, options: RequestOptions): Promise<Value[]>;
  respond(
    subject: string,
    answer: (message: BusMessage) => Value | Promise<Value>,
    options?: RespondOptions,
  ): Promise<Subscription>;
  connected(): boolean;
  close(): Promise<void>;
}
