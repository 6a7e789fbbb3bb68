/** Talks to a running Tenon over HTTP. Built on node:http: no time limits of its own, since a cut may take long. */
import type { IncomingMessage, RequestOptions } from 'node:http';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Failure } from './failure';
import { failure, usage } from './failure';
import { tokenHeaders } from './token';

export interface Call {
  readonly method?: 'GET' | 'POST';
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
  readonly signal?: AbortSignal;
}

export interface Answered {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

export class Client {
  private readonly agent: HttpAgent;
  private readonly base: URL;

  constructor(readonly url: string) {
    this.base = parseUrl(url);
    this.agent =
      this.base.protocol === 'https:'
        ? new HttpsAgent({ keepAlive: true })
        : new HttpAgent({ keepAlive: true });
  }

  /** The whole answer, whatever its status. @throws Failure `unreachable` if there is none */
  async call(path: string, call: Call = {}): Promise<Answered> {
    const response = await this.open(path, call);
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      return {
        status: response.statusCode ?? 0,
        headers: response.headers,
        text: Buffer.concat(chunks).toString('utf8'),
      };
    } catch (error) {
      throw this.unreachable(error as NodeJS.ErrnoException);
    }
  }

  /** The text of a good answer. @throws Failure with the problem that the server gave */
  async text(path: string, call: Call = {}): Promise<string> {
    const answer = await this.call(path, call);
    if (answer.status >= 200 && answer.status < 300) return answer.text;
    throw problemOf(answer, path);
  }

  async json<T>(path: string, call: Call = {}): Promise<T> {
    const text = await this.text(path, call);
    try {
      return JSON.parse(text) as T;
    } catch {
      throw failure(
        'not-tenon',
        `${this.url} answered ${path} with something that is not JSON.`,
        'Is it a Tenon? See --url.',
      );
    }
  }

  /** An answer whose body is read as it comes. @throws Failure with the problem that the server gave */
  async stream(path: string, call: Call = {}): Promise<IncomingMessage> {
    const response = await this.open(path, call);
    if (response.statusCode === 200) return response;
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    throw problemOf({ status: response.statusCode ?? 0, headers: response.headers, text }, path);
  }

  close(): void {
    this.agent.destroy();
  }

  private open(path: string, call: Call): Promise<IncomingMessage> {
    const target = new URL(`${this.base.pathname.replace(/\/$/, '')}${path}`, this.base);
    for (const [name, value] of Object.entries(call.query ?? {})) {
      if (value !== undefined) target.searchParams.append(name, value);
    }
    const options: RequestOptions = {
      method: call.method ?? 'GET',
      agent: this.agent,
      headers: {
        accept: 'application/json',
        ...tokenHeaders(),
        ...call.headers,
        ...(call.body !== undefined && { 'content-length': Buffer.byteLength(call.body) }),
      },
      ...(call.signal && { signal: call.signal }),
    };
    return new Promise((resolve, reject) => {
      const request = (target.protocol === 'https:' ? httpsRequest : httpRequest)(target, options, resolve);
      request.on('error', (error) => reject(this.unreachable(error)));
      request.end(call.body);
    });
  }

  private unreachable(error: NodeJS.ErrnoException): Error {
    if (error.name === 'AbortError') return error;
    const reason =
      { ECONNREFUSED: 'nothing listens there', ENOTFOUND: 'no such host' }[error.code ?? ''] ?? error.message;
    const hint = 'Start one with `npx tenon up`, or say where it is with --url or TENON_URL.';
    return failure(
      'unreachable',
      `No Tenon answers at ${this.url}: ${reason || error.code || 'the connection failed'}.`,
      hint,
    );
  }
}

function parseUrl(url: string): URL {
  try {
    const parsed = new URL(url);
    if (parsed.protocol === 'http:' || parsed.protocol === 'https:') return parsed;
  } catch {
    // falls through: said the same way
  }
  throw usage(`${url} is not a URL of a Tenon.`, 'Write it like http://127.0.0.1:7070.');
}

/** An RFC 9457 problem, or whatever else came, as a failure. */
export function problemOf(answer: Answered, path: string): Failure {
  let problem: { code?: unknown; title?: unknown; detail?: unknown; hint?: unknown } = {};
  try {
    problem = (JSON.parse(answer.text) ?? {}) as typeof problem;
  } catch {
    // not JSON: the status says what there is to say
  }
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
  const message =
    text(problem.detail) ?? text(problem.title) ?? `${path} was answered with HTTP ${answer.status}.`;
  return failure(text(problem.code) ?? `http-${answer.status}`, message, text(problem.hint));
}

/** Path segments come from the command line. */
export const segment = (text: string) => encodeURIComponent(text);
