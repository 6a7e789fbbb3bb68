import { serve } from '../http/http-fixture';
import { observeRequests } from './http';
import { createMetrics } from './registry';
import { metricsRoute } from './route';

const linesOf = (text: string, name: string) => text.split('\n').filter((line) => line.startsWith(name));

test('counters and gauges are read when asked, with the service that they are of', async () => {
  const metrics = createMetrics();
  let count = 1;
  for (const service of ['speed', 'batch'])
    metrics
      .scope(service)
      .counter('tenon_events_total', 'Events.', () => [{ labels: { outcome: 'folded' }, value: count }]);
  metrics.scope('').gauge('tenon_lag', 'Lag.', () => [{ labels: {}, value: 7 }]);
  count = 5;
  const text = await metrics.text();
  expect(linesOf(text, 'tenon_')).toEqual([
    'tenon_events_total{service="speed",outcome="folded"} 5',
    'tenon_events_total{service="batch",outcome="folded"} 5',
    'tenon_lag 7',
  ]);
  expect(text).toContain('# TYPE tenon_events_total counter');
  expect(text).toContain('process_cpu_seconds_total');
});

test('a service that is started again replaces its former self', async () => {
  const metrics = createMetrics();
  for (const value of [3, 4])
    metrics.scope('speed').gauge('tenon_cells', 'Cells.', () => [{ labels: {}, value }]);
  expect(linesOf(await metrics.text(), 'tenon_cells')).toEqual(['tenon_cells{service="speed"} 4']);
});

test('a histogram cumulates its buckets, each series by itself', async () => {
  const metrics = createMetrics();
  const observe = (product: string) =>
    metrics.scope('').histogram('tenon_run_duration_seconds', 'Runs.', { product });
  for (const seconds of [0.001, 0.002, 0.3, 99]) observe('a')(seconds);
  observe('b')(1);
  const text = await metrics.text();
  const of = (product: string, le: string) =>
    linesOf(text, `tenon_run_duration_seconds_bucket{product="${product}",le="${le}"}`)[0]?.split(' ')[1];
  expect(['0.001', '0.0025', '0.25', '0.5', '30', '+Inf'].map((le) => of('a', le))).toEqual([
    ...['1', '2', '2', '3', '3', '4'],
  ]);
  expect(text).toContain('tenon_run_duration_seconds_sum{product="a"} 99.303');
  expect(text).toContain('tenon_run_duration_seconds_count{product="b"} 1');
});

test('requests are counted by route and status, whatever path they had', async () => {
  const metrics = createMetrics();
  const hot = { method: 'GET' as const, path: '/things/:id', query: [], hot: true };
  const server = await serve(
    [{ ...hot, handle: async () => ({ status: 200, text: 'x' }) }, metricsRoute(metrics)],
    { observe: observeRequests(metrics.scope('')) },
  );
  try {
    for (const path of ['/things/1', '/things/2', '/things/3?a=1', '/nothing/here'])
      await (await fetch(server.url + path)).text();
    await (await fetch(`${server.url}/things/1`, { method: 'PROPFIND' })).text();
    const answer = await fetch(`${server.url}/metrics`);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(linesOf(await answer.text(), 'http_request_duration_seconds_count')).toEqual([
      'http_request_duration_seconds_count{method="GET",route="/things/:id",status_code="200"} 2',
      'http_request_duration_seconds_count{method="GET",route="/things/:id",status_code="400"} 1',
      'http_request_duration_seconds_count{method="GET",route="",status_code="404"} 1',
      'http_request_duration_seconds_count{method="other",route="",status_code="405"} 1',
    ]);
  } finally {
    await server.close();
  }
});
