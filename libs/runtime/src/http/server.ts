/** One node:http server: hot routes in front, Express behind, one shape of errors, and an end that loses no request. */
import { setMaxListeners } from 'node:events';
import type { Ids, Logger, Metrics, Route } from '@tenon/ports';
import { CORRELATION_HEADER } from '@tenon/contracts';
import { HttpProblem } from '@tenon/errors';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Server as NetServer } from 'node:net';
import type { Guard } from '../access/guard';
import type { ObserveRequest } from '../metrics/http';
import { BodyWatch } from './body-watch';
import type { BrowserAccess } from './browsers';
import { Browsers, SAFE_HEADERS } from './browsers';
import { correlationOf } from './correlation';
import type { Exchange } from './dispatch';
import { Dispatcher } from './dispatch';
import { createApp } from './express-app';
import { HotRoutes } from './hot-routes';
import { FreshSockets } from './fresh-sockets';
import type { HttpLimits } from './limits';
import { DEFAULT_LIMITS } from './limits';
import { dropRest } from './linger';
import { checkPath } from './query';
import { answerClientError } from './socket-errors';
import type { Statics } from './statics';
import type { TlsFiles } from './tls';
import { readIdentity, renewIdentity } from './tls';

export interface HttpServerOptions {
  readonly routes: readonly Route[];
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly logger: Logger;
  readonly ids: Ids;
  readonly statics?: readonly Statics[];
  readonly limits?: Partial<HttpLimits>;
  /** Lets in only who may; absent: everybody. */
  readonly guard?: Pick<Guard, 'admit'>;
  /** HTTPS with this certificate, and no plain HTTP. */
  readonly tls?: TlsFiles;
  /** Which names it answers to, and which pages may act here; absent: localhost and addresses, its own pages. */
  readonly browsers?: Partial<BrowserAccess>;
  /** Takes what is refused, and which streams are open. */
  readonly metrics?: Metrics;
  /** Told of each answer of a route, and of each refusal. */
  readonly observe?: ObserveRequest;
}

export interface HttpServer {
  /** Without a trailing slash, e.g. `http://127.0.0.1:7070`. */
  readonly url: string;
  readonly port: number;
  /** Answers what is in flight, ends streams, closes idle connections; cuts off what is left after the grace. */
  close(): Promise<void>;
}

/** @returns once it listens. @throws the error of `listen`, e.g. `EADDRINUSE` */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const limits: HttpLimits = { ...DEFAULT_LIMITS, ...options.limits };
  const shutdown = new AbortController();
  setMaxListeners(0, shutdown.signal); // each request that waits listens
  const shortest = Math.min(limits.headersTimeoutMs, limits.bodyTimeoutMs, limits.idleTimeoutMs);
  const tickMs = Math.round(Math.max(10, Math.min(1_000, shortest / 4)));
  const watch = new BodyWatch(tickMs);
  const dispatcher = new Dispatcher(
    { limits, watch, shutdown: shutdown.signal },
    options.logger,
    options.observe,
    options.metrics,
    options.guard,
  );
  const browsers = new Browsers(options.browsers);
  const hot = new HotRoutes(options.routes);
  const exchanges = new WeakMap<IncomingMessage, Exchange>();
  const app = createApp(options.routes, options.statics ?? [], dispatcher, (request) => {
    const exchange = exchanges.get(request);
    if (exchange === undefined) throw new Error('A request came to Express without its exchange.');
    return exchange;
  });

  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    const query = mark < 0 ? '' : url.slice(mark + 1);
    const correlation = correlationOf(request, options.ids);
    const began = performance.now();
    const exchange: Exchange = { request, response, path, query, correlationId: correlation.id, began };
    const match = hot.match(request.method, path);
    const problem = correlation.problem ?? refusalOf(request, path) ?? browsers.refusalOf(request);
    const cors = browsers.corsOf(request.headers);
    if (cors !== undefined) for (const name in cors) response.setHeader(name, cors[name] as string);
    if (problem !== undefined) return dispatcher.fail(exchange, problem);
    const preflight = browsers.preflightOf(request);
    if (preflight !== undefined) return void response.writeHead(204, { ...SAFE_HEADERS, ...preflight }).end();
    if (match !== undefined) return void dispatcher.serve(match.route, match.params, exchange);
    exchanges.set(request, exchange);
    response.once('finish', () => dropRest(request, limits.lingerMs));
    response.setHeader(CORRELATION_HEADER, correlation.id);
    for (const [name, value] of Object.entries(SAFE_HEADERS)) response.setHeader(name, value);
    if (shutdown.signal.aborted) response.setHeader('connection', 'close');
    app(request, response);
  };

  const { tls } = options;
  const settings = {
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: limits.headersTimeoutMs,
    // Uploads may be endless; bodies have deadlines of their own (body.ts).
    requestTimeout: 0,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: tickMs,
    // Refused below, with a problem document.
    requireHostHeader: false,
  };
  const server =
    tls === undefined
      ? createServer(settings, onRequest)
      : createTlsServer({ ...settings, ...readIdentity(tls) }, onRequest);
  const fresh = new FreshSockets(server);
  server.maxConnections = limits.maxConnections;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) =>
    answerClientError(error, socket, options.ids),
  );
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    const { id } = correlationOf(request, options.ids);
    const problem = new HttpProblem(417, 'expectation-failed', 'Only 100-continue can be expected here.');
    const path = request.url ?? '/';
    dispatcher.fail(
      { request, response, path, query: '', correlationId: id, began: performance.now() },
      problem,
    );
  });
  await listen(server, options.host, options.port);
  const forget = tls === undefined ? undefined : renewIdentity(server as HttpsServer, tls, options.logger);
  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  let closed: Promise<void> | undefined;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${host}:${port}`,
    port,
    close: () => {
      forget?.();
      return (closed ??= closeServer(server, fresh, shutdown, limits).finally(() => watch.close()));
    },
  };
}

const IDLE_CHECK_MS = 20;

/** What is refused before any route sees it. */
function refusalOf(request: IncomingMessage, path: string): HttpProblem | undefined {
  if (request.headers.host === undefined && request.httpVersion === '1.1') {
    return new HttpProblem(400, 'bad-request', 'The Host header is missing.');
  }
  try {
    checkPath(path);
    return undefined;
  } catch (error) {
    return error as HttpProblem;
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: 1024 }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function closeServer(
  server: Server,
  fresh: FreshSockets,
  shutdown: AbortController,
  { closeGraceMs, quietMs }: HttpLimits,
): Promise<void> {
  // That of http.Server would cut idle connections at once, and with them a request that is just being sent on one.
  const stopped = new Promise<void>((resolve) => {
    NetServer.prototype.close.call(server, () => resolve());
  });
  // Each answer from here on says that its connection closes: who is busy hears of it within the quiet time.
  shutdown.abort();
  let idle: NodeJS.Timeout | undefined;
  const quiet = setTimeout(() => {
    idle = setInterval(() => {
      server.closeIdleConnections();
      fresh.closeSilent();
    }, IDLE_CHECK_MS);
  }, quietMs);
  const timer = setTimeout(() => server.closeAllConnections(), closeGraceMs);
  await stopped;
  clearTimeout(quiet);
  clearInterval(idle);
  clearTimeout(timer);
  // Ends its own timers.
  server.close(() => undefined);
}
