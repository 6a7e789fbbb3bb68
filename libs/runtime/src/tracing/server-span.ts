/** The span of a request, by the semantic conventions for HTTP. */
import type { Route, Span, Tracer } from '@tenon/ports';

export interface ServedRequest {
  readonly method: string;
  readonly path: string;
  readonly traceparent: string | undefined;
  readonly correlationId: string;
}

/** A client's traceparent is its parent; a bad one counts as none. */
export function startServerSpan(tracer: Tracer, route: Route, request: ServedRequest): Span {
  const span = tracer.start(`${request.method} ${route.path}`, {
    kind: 'server',
    parent: request.traceparent,
  });
  if (span.sampled)
    span.set({
      'http.request.method': request.method,
      'http.route': route.path,
      'url.path': request.path,
      'url.scheme': 'http',
      'tenon.correlation_id': request.correlationId,
    });
  return span;
}

/**
 * Ends with the answer; of a stream, with its head. A status from 500 on is the server's failure.
 *
 * @param error what was answered with a problem document, if that is the answer
 */
export function endServerSpan(span: Span, status: number, error?: unknown): void {
  if (!span.sampled) return span.end();
  span.set({ 'http.response.status_code': status });
  if (status >= 500) span.fail(error ?? new Error(`answered with ${status}`));
  span.end();
}
