/** From a matched route to its answer: the one way for hot routes and for those that Express matched. */
import { CORRELATION_HEADER } from '@tenon/contracts';
import { HttpProblem } from '@tenon/errors';
import type { HttpResponse, Logger, Metrics, Route, Span, Tracer } from '@tenon/ports';
import { NO_METRICS } from '@tenon/telemetry';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Guard } from '../access/guard';
import type { ObserveRequest } from '../metrics/http';
import { endServerSpan, startServerSpan } from '../tracing/server-span';
import { dropRest } from './linger';
import { isUnexpected, problemOf } from './problem';
import { parseQuery } from './query';
import type { ServerContext } from './request';
import { NodeRequest } from './request';
import { compressed, compressedStream, isCompressible } from './compress';
import { contentOf, headersOf, sendAnswer, sendProblem } from './respond';
import { sendStream } from './stream-response';
import { OpenStreams } from './open-streams';

/** One request and its answer. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  /** What follows the `?`, undecoded. */
  readonly query: string;
  readonly correlationId: string;
  /** When the request's head was read, by `performance.now()`. */
  readonly began: number;
}

export class Dispatcher {
  private readonly streams: OpenStreams;
  /** Code of a problem → how often it was the answer. */
  private readonly refusals = new Map<string, number>();
  private dropped = 0;

  constructor(
    private readonly context: ServerContext,
    private readonly logger: Logger,
    private readonly observe: ObserveRequest | undefined,
    metrics: Metrics = NO_METRICS,
    private readonly guard?: Pick<Guard, 'admit'>,
  ) {
    this.streams = new OpenStreams(context.limits);
    metrics.counter('tenon_http_refusals_total', 'Answers that are a problem, by its code.', () =>
      [...this.refusals].map(([code, value]) => ({ labels: { code }, value })),
    );
    metrics.counter(
      'tenon_http_slow_streams_total',
      'Streamed answers that were cut off, as their client took nothing for too long.',
      () => [{ labels: {}, value: this.dropped }],
    );
    metrics.gauge('tenon_http_streams', 'Streamed answers that are open.', () => [
      { labels: {}, value: this.streams.size },
    ]);
  }

  /** Never rejects: whatever happens becomes an answer, or the end of the connection. */
  async serve(route: Route, params: Readonly<Record<string, string>>, exchange: Exchange): Promise<void> {
    const { request, response, path, correlationId } = exchange;
    const span = route.tracer?.enabled ? spanOf(route.tracer, route, exchange) : undefined;
    try {
      const { guard } = this;
      const identity =
        guard === undefined
          ? undefined
          : await guard.admit({ route, params, request, response, correlationId });
      const query = parseQuery(exchange.query, route.query);
      const answer = await route.handle(
        new NodeRequest(
          request,
          response,
          this.context,
          path,
          params,
          query,
          exchange.query,
          correlationId,
          span?.traceparent,
          identity?.name,
        ),
      );
      if (answer.stream !== undefined) await this.stream(exchange, route, answer, answer.stream, span);
      else {
        const body = contentOf(answer);
        const sent =
          body !== null && isCompressible(answer, body)
            ? await compressed(request, answer, body)
            : { answer, body };
        sendAnswer(response, sent.answer, correlationId, this.context.shutdown.aborted, sent.body);
        this.observeAnswer(exchange, route.path, answer.status, span);
      }
      dropRest(request, this.context.limits.lingerMs);
      this.logger.debug(
        {
          correlationId: answer.headers?.[CORRELATION_HEADER] ?? correlationId,
          method: request.method,
          path,
          status: answer.status,
        },
        'request',
      );
    } catch (error) {
      this.fail(exchange, error, route.path, span);
    }
  }

  private observeAnswer(
    { request, began }: Exchange,
    route: string,
    status: number,
    span?: Span,
    error?: unknown,
  ): void {
    this.observe?.(request.method ?? '', route, status, (performance.now() - began) / 1000);
    if (span !== undefined) endServerSpan(span, status, error);
  }

  /** A wait that ended because whoever asked has gone is no end of the server. */
  private problemOf(error: unknown, response: ServerResponse): HttpProblem {
    const problem = problemOf(error);
    const hasLeft = response.destroyed && !this.context.shutdown.aborted;
    if (problem.code !== 'shutting-down' || !hasLeft) return problem;
    return new HttpProblem(400, 'aborted', 'Whoever asked has gone before the answer.');
  }

  /**
   * Answers with a problem document; logs what is the server's own fault.
   *
   * @param route the pattern of the route that failed, if one was reached
   * @param span of the request, if there is one
   */
  fail(exchange: Exchange, error: unknown, route = '', span?: Span): void {
    const { request, response, path, correlationId } = exchange;
    const problem = this.problemOf(error, response);
    this.refusals.set(problem.code, (this.refusals.get(problem.code) ?? 0) + 1);
    if (!response.headersSent) this.observeAnswer(exchange, route, problem.status, span, error);
    const fields = {
      correlationId,
      method: request.method,
      path,
      status: problem.status,
      code: problem.code,
      ...(span?.sampled && traceFields(span)),
    };
    if (isUnexpected(problem)) this.logger.error({ ...fields, err: error }, 'request failed');
    else if (problem.status >= 500)
      this.logger.warn({ ...fields, detail: problem.detail }, 'request refused');
    else this.logger.debug({ ...fields, detail: problem.detail }, 'request refused');
    // An answer that has begun can't become another one; a cut connection is how its reader learns that it is not whole.
    if (response.headersSent) response.destroy();
    else sendProblem(request, response, problem, correlationId, this.context.shutdown.aborted);
    dropRest(request, this.context.limits.lingerMs);
  }

  private async stream(
    exchange: Exchange,
    route: Route,
    answer: HttpResponse,
    chunks: AsyncIterable<string | Uint8Array>,
    span: Span | undefined,
  ): Promise<void> {
    const { limits, shutdown } = this.context;
    const { request, response, correlationId } = exchange;
    const headers = headersOf(answer, correlationId, false);
    const sent = answer.ends === true ? compressedStream(request, headers, chunks) : chunks;
    if (request.method === 'HEAD') {
      response.writeHead(answer.status, headers).end();
      if (span !== undefined) endServerSpan(span, answer.status);
      return;
    }
    // What ends by itself takes the place of none that stays open.
    const leave =
      answer.ends === true ? () => undefined : this.streams.enter(request.socket.remoteAddress ?? '');
    try {
      await sendStream(response, sent, {
        drainTimeoutMs: limits.drainTimeoutMs,
        shutdown,
        eager: String(headers['content-type']).startsWith('text/event-stream'),
        dropped: () => {
          this.dropped += 1;
          const { path } = exchange;
          this.logger.warn(
            { correlationId, path, afterMs: limits.drainTimeoutMs },
            'a slow stream was cut off',
          );
        },
        begin: () => {
          response.writeHead(answer.status, headers);
          response.flushHeaders();
          this.observeAnswer(exchange, route.path, answer.status, span);
        },
      });
    } finally {
      leave();
    }
  }
}

function spanOf(tracer: Tracer, route: Route, { request, path, correlationId }: Exchange): Span {
  const { traceparent } = request.headers;
  return startServerSpan(tracer, route, {
    method: request.method ?? '',
    path,
    traceparent: typeof traceparent === 'string' ? traceparent : undefined,
    correlationId,
  });
}

/** As OpenTelemetry's log correlation names them. */
function traceFields({ traceparent }: Span): object {
  const [, trace_id, span_id] = traceparent.split('-');
  return { trace_id, span_id };
}
