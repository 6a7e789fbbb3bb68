/** `http_request_duration_seconds`, by the route's pattern and not by the path, of which there is no end. */
import type { Metrics } from '@tenon/ports';

/** @param route the pattern; '' where none matched. @param seconds until the answer was ready; of a stream, its head */
export type ObserveRequest = (method: string, route: string, status: number, seconds: number) => void;

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

export function observeRequests(metrics: Metrics): ObserveRequest {
  // Nested by what a request has at hand, so that the hot path joins no strings.
  const known = new Map<string, Map<number, Map<string, (seconds: number) => void>>>();
  return (given, route, status, seconds) => {
    // A client may invent methods; each would be a series of its own.
    const method = METHODS.has(given) ? given : 'other';
    let statuses = known.get(route);
    if (statuses === undefined) known.set(route, (statuses = new Map()));
    let methods = statuses.get(status);
    if (methods === undefined) statuses.set(status, (methods = new Map()));
    let observe = methods.get(method);
    if (observe === undefined) {
      observe = metrics.histogram('http_request_duration_seconds', 'Time until a request was answered.', {
        method,
        route,
        status_code: String(status),
      });
      methods.set(method, observe);
    }
    observe(seconds);
  };
}
