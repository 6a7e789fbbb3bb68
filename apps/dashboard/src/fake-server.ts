/**
 * A server with the interface that the page needs and made-up data, to work on the page alone and to test it:
 * see fake-main.ts.
 */
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import type { AddressInfo } from 'node:net';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { DASHBOARD_CSP, dashboardStatics } from './index';
import { FakeData } from './fake-data';
import { GENERATIONS, fakeDiff } from './fake-diff';
import type { LetterCount, LiveMessage } from './wire';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.map': 'application/json',
};
const SERVICES = ['ingestion', 'speed', 'batch', 'consumption', 'serving'];

interface Client {
  readonly product: string;
  readonly response: ServerResponse;
}

export interface FakeOptions {
  readonly port?: number;
  /** From the barriers to the published generation. */
  readonly cutMillis?: number;
}

export class FakeServer {
  data: FakeData;
  /** Requests whose path it matches are answered with this problem. */
  failing: { path: RegExp; status: number; code: string; detail: string } | null = null;
  /** Rows of a stream's snapshot; the newest windows' come first. */
  snapshotRows = 2000;
  /** Services that are not ready. */
  readonly down = new Set<string>();
  deadLetters: readonly LetterCount[] = [];
  #server: Server | null = null;
  #clients = new Set<Client>();
  #sequence = 0;
  #port: number;
  readonly #cutMillis: number;

  constructor({ port = 0, cutMillis = 1500 }: FakeOptions = {}, data = new FakeData()) {
    this.data = data;
    this.#port = port;
    this.#cutMillis = cutMillis;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get watchers(): number {
    return this.#clients.size;
  }

  /** Listens; after `stop` on the same port again. */
  async start(): Promise<void> {
    const server = createServer((request, response) => {
      this.#handle(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** As if the process had died: open streams break. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#clients.clear();
    await new Promise<void>((resolve) => {
      if (!server) return resolve();
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  /** Sends what has changed to who watches. */
  publish(): void {
    const products = new Set([...this.#clients].map((client) => client.product));
    for (const product of products) {
      this.send(product, { rows: this.data.takeChanged(product) });
    }
  }

  /** Sends a message as it is given. */
  send(product: string, { rows, removed = [] }: Pick<LiveMessage, 'rows' | 'removed'>): void {
    const message = { rows, removed, answer: this.data.answer(product) };
    for (const client of this.#clients) if (client.product === product) this.#send(client, 'rows', message);
  }

  async cut(): Promise<number> {
    const serve = this.data.beginCut();
    this.publish();
    await new Promise((resolve) => setTimeout(resolve, this.#cutMillis));
    serve();
    this.publish();
    return this.data.generation;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    response.setHeader('content-security-policy', DASHBOARD_CSP);
    if (this.failing?.path.test(url.pathname)) return problem(response, this.failing);
    if (!url.pathname.startsWith('/v1/')) return serveStatic(url.pathname, response);
    if (url.pathname === '/v1/products') return json(response, { products: this.data.products() });
    if (url.pathname === '/v1/status') return json(response, this.#status());
    if (url.pathname === '/v1/cuts' && request.method === 'POST') {
      return json(response, { generation: await this.cut() }, 202);
    }
    const [, product = '', what] =
      /^\/v1\/products\/([^/]+)\/(rows|live|generations|diff)$/.exec(url.pathname) ?? [];
    if (!this.data.products().some(({ name }) => name === product)) return problem(response, NOT_FOUND);
    if (what === 'live') return this.#live(decodeURIComponent(product), response);
    if (what === 'generations') return json(response, { generations: GENERATIONS });
    if (what === 'diff') return json(response, fakeDiff(Object.fromEntries(url.searchParams)));
    return json(response, this.#page(product, plainNames(url.searchParams)));
  }

  #status(): unknown {
    const services = SERVICES.map((name) => ({
      name,
      ready: !this.down.has(name),
      version: '0.1.0',
      lag: 0,
    }));
    const { deadLetters } = this;
    return { services, deadLetters, mode: 'embedded', somethingNew: { nested: true } };
  }

  #page(product: string, { limit = '100', cursor = '0', ...query }: Record<string, string>): unknown {
    const rows = this.data.rows(product, query);
    const end = Number(cursor) + Number(limit);
    const next = end < rows.length ? String(end) : null;
    return {
      product,
      version: 1,
      rows: rows.slice(Number(cursor), end),
      answer: this.data.answer(product),
      next,
    };
  }

  #live(product: string, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write('retry: 500\n\n');
    const client = { product, response };
    this.data.takeChanged(product);
    const rows = this.data.rows(product).slice(-this.snapshotRows);
    this.#send(client, 'snapshot', { rows, answer: this.data.answer(product) });
    this.#clients.add(client);
    response.on('close', () => this.#clients.delete(client));
  }

  #send({ response }: Client, event: string, message: LiveMessage): void {
    response.write(`id: ${++this.#sequence}\nevent: ${event}\ndata: ${JSON.stringify(message)}\n\n`);
  }
}

const NOT_FOUND = { status: 404, code: 'unknown-product', detail: 'There is no such product.' };

function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function problem(
  response: ServerResponse,
  { status, code, detail }: { status: number; code: string; detail: string },
): void {
  const body = { type: `https://tenon.invalid/errors/${code}`, title: code, status, code, detail };
  response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(body));
}

async function serveStatic(path: string, response: ServerResponse): Promise<void> {
  for (const { prefix, directory, index } of dashboardStatics()) {
    if (!path.startsWith(prefix)) continue;
    const rest = normalize(path.slice(prefix.length));
    const file = rest === '.' || rest === '/' ? (index ?? '') : rest;
    try {
      const body = await readFile(join(directory, file));
      response
        .writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' })
        .end(body);
      return;
    } catch {
      break;
    }
  }
  problem(response, { status: 404, code: 'not-found', detail: 'Nothing here.' });
}

/** Columns and options by their own names; the page writes their kind before them. */
const plainNames = (parameters: URLSearchParams): Record<string, string> =>
  Object.fromEntries(
    [...parameters].map(([name, text]) =>
      name.startsWith('null.') ? [name.slice(5), 'null'] : [name.replace(/^(where|option)\./, ''), text],
    ),
  );
