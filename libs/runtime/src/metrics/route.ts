import type { Route } from '@tenon/ports';
import type { MetricsRegistry } from './registry';

/** `GET /metrics`, in Prometheus' text format. */
export function metricsRoute(metrics: Pick<MetricsRegistry, 'contentType' | 'text'>): Route {
  return {
    method: 'GET',
    path: '/metrics',
    query: null,
    handle: async () => ({
      status: 200,
      headers: { 'content-type': metrics.contentType, 'cache-control': 'no-store' },
      text: await metrics.text(),
    }),
  };
}
