/** `HttpRequest` over Node's: everything that costs is made when it is asked for. */
import type { HttpRequest } from '@tenon/ports';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readStream, readWhole } from './body';
import type { BodyWatch } from './body-watch';
import type { HttpLimits } from './limits';
import type { Query } from './query';

/** What all requests of one server share. */
export interface ServerContext {
  readonly limits: HttpLimits;
  readonly watch: BodyWatch;
  /** Aborted when the server shuts down. */
  readonly shutdown: AbortSignal;
}

export class NodeRequest implements HttpRequest {
  private controller: AbortController | undefined;

  constructor(
    private readonly incoming: IncomingMessage,
    private readonly outgoing: ServerResponse,
    private readonly context: ServerContext,
    readonly path: string,
    readonly params: Readonly<Record<string, string>>,
    readonly query: Query,
    readonly search: string,
    readonly correlationId: string,
    readonly trace: string | undefined,
    readonly who?: string,
  ) {}

  get method(): string {
    return this.incoming.method ?? 'GET';
  }

  get headers(): Readonly<Record<string, string>> {
    // Node joins repeated headers into one string; only set-cookie, which no request has, is a list.
    return this.incoming.headers as Readonly<Record<string, string>>;
  }

  get body(): AsyncIterable<Uint8Array> {
    return readStream(this.incoming, this.context.limits, this.context.watch);
  }

  readBody(limit: number): Promise<Uint8Array> {
    return readWhole(this.incoming, limit, this.context.limits, this.context.watch);
  }

  get signal(): AbortSignal {
    if (this.controller !== undefined) return this.controller.signal;
    const controller = (this.controller = new AbortController());
    const { shutdown } = this.context;
    const abort = () => controller.abort();
    if (shutdown.aborted || this.outgoing.destroyed) abort();
    shutdown.addEventListener('abort', abort, { once: true });
    this.outgoing.once('close', () => {
      shutdown.removeEventListener('abort', abort);
      if (!this.outgoing.writableFinished) abort();
    });
    return controller.signal;
  }
}
