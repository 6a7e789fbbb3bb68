import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { NO_TRACER } from '@tenon/telemetry';
import { createManualClock, startOtlpCollector } from '@tenon/testing';
import type { OtlpCollector } from '@tenon/testing';
import { recordingLogger, serve } from '../http/http-fixture';
import type { Tracing } from './create-tracing';
import { createTracing } from './create-tracing';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CLIENT = `00-${TRACE}-b7ad6b7169203331-01`;
const UNSAMPLED = `00-${TRACE}-b7ad6b7169203331-00`;
const systems = { log: 'kafka', bus: 'nats', store: 'mongodb' };

describe('traces', () => {
  const before = { ...process.env };
  let collector: OtlpCollector;
  let open: Tracing[] = [];

  beforeEach(async () => {
    for (const name of Object.keys(process.env)) if (name.startsWith('OTEL_')) delete process.env[name];
    collector = await startOtlpCollector();
  });

  afterEach(async () => {
    await Promise.all(open.map((one) => one.close()));
    open = [];
    await collector.close();
    process.env = { ...before };
  });

  /** The SDK reads `process.env` for itself. */
  function start(environment: Readonly<Record<string, string>>) {
    Object.assign(process.env, environment);
    const logger = recordingLogger();
    const clock = createManualClock();
    const options = {
      environment: process.env,
      logger,
      clock,
      version: '1.2.3',
      instance: 'here/1',
      systems,
    };
    const tracing = createTracing(options);
    open.push(tracing);
    return { tracing, logger, clock };
  }

  const toCollector = (more: Readonly<Record<string, string>> = {}) =>
    start({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', ...more });

  describe('are off, and nothing of OpenTelemetry is loaded,', () => {
    test.each<[string, Record<string, string>]>([
      ['without an endpoint', { OTEL_SERVICE_NAME: 'x' }],
      ['with an empty one', { OTEL_EXPORTER_OTLP_ENDPOINT: ' ' }],
      [
        'where the SDK is disabled',
        { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318', OTEL_SDK_DISABLED: 'true' },
      ],
      [
        'where traces are not to be exported',
        { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318', OTEL_TRACES_EXPORTER: 'none' },
      ],
    ])('%s', (_title, environment) => {
      jest.isolateModules(() => {
        jest.doMock('@opentelemetry/sdk-trace-base', () => {
          throw new Error('loaded');
        });
        const { tracing, logger } = start(environment);
        expect(tracing.enabled).toBe(false);
        expect(tracing.scope('speed')).toBe(NO_TRACER);
        expect(logger.lines).toEqual([]);
        jest.dontMock('@opentelemetry/sdk-trace-base');
      });
    });

    test.each([
      ['an endpoint that is no URL', { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }],
      [
        'a protocol that is not there',
        { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4317', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
      ],
    ])('with a line that says why, for %s', (_title, environment) => {
      const { tracing, logger } = start(environment);
      expect(tracing.enabled).toBe(false);
      expect(logger.lines).toMatchObject([
        { level: 'warn', message: expect.stringMatching(/^no traces: OTEL_/) },
      ]);
    });
  });

  it('say which service, version and instance they are of, also where services share a process', async () => {
    const { tracing } = toCollector();
    tracing.scope('speed').start('a').end();
    tracing.scope('batch').start('b').end();
    await tracing.close();
    expect(collector.spans.map(({ name, resource }) => [name, resource])).toEqual([
      ['a', expect.objectContaining({ 'service.name': 'tenon-speed', 'service.version': '1.2.3' })],
      ['b', expect.objectContaining({ 'service.name': 'tenon-batch', 'service.instance.id': 'here/1' })],
    ]);
    expect(tracing.counts).toEqual({ exported: 2, failed: 0 });
  });

  it('take the name and the attributes that the environment gives', async () => {
    const { tracing } = toCollector({
      OTEL_SERVICE_NAME: 'numbers',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    });
    tracing.scope('speed').start('a').end();
    await tracing.close();
    expect(collector.spans[0]?.resource).toMatchObject({
      'service.name': 'numbers',
      'deployment.environment.name': 'test',
    });
  });

  it('go on from the parent, with links and attributes, and name the failure', async () => {
    const { tracing } = toCollector();
    const tracer = tracing.scope('ingestion');
    const parent = tracer.start('parent', { kind: 'server', parent: CLIENT });
    const child = tracer.start('child', {
      kind: 'producer',
      parent: parent.traceparent,
      links: [`00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`, 'nonsense'],
      attributes: { 'messaging.system': 'kafka', 'messaging.batch.message_count': 3 },
    });
    child.fail(Object.assign(new Error('the log is away'), { code: 'unavailable' }));
    child.end();
    parent.end();
    await tracing.close();
    const [second, first] = collector.spans;
    expect(first).toMatchObject({
      traceId: TRACE,
      parentSpanId: 'b7ad6b7169203331',
      kind: 'server',
      failed: false,
    });
    expect(second).toMatchObject({
      traceId: TRACE,
      parentSpanId: first?.spanId,
      kind: 'producer',
      links: [{ traceId: '1'.repeat(32), spanId: '2'.repeat(16) }],
      attributes: {
        'messaging.system': 'kafka',
        'messaging.batch.message_count': 3,
        'error.type': 'unavailable',
      },
      failed: true,
      error: 'the log is away',
    });
    expect(parent.traceparent).toBe(`00-${TRACE}-${first?.spanId}-01`);
  });

  test.each([
    '',
    'x',
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
    `ff-${TRACE}-b7ad6b7169203331-01`,
    `${CLIENT}-x`,
  ])('begin anew after the bad traceparent %p', (parent) => {
    const { tracing } = toCollector();
    expect(tracing.scope('ingestion').start('a', { parent }).traceparent).not.toContain(TRACE);
  });

  describe('are sampled', () => {
    const sampledOf = (environment: Readonly<Record<string, string>>, spans: number, parent?: string) => {
      const tracer = toCollector(environment).tracing.scope('speed');
      return Array.from({ length: spans }, () => tracer.start('a', { parent })).filter(
        ({ sampled }) => sampled,
      ).length;
    };

    it('as their parent was', () => {
      expect(sampledOf({}, 10, UNSAMPLED)).toBe(0);
      expect(sampledOf({ OTEL_TRACES_SAMPLER: 'parentbased_always_off' }, 10, CLIENT)).toBe(10);
    });

    it('by the share that is asked for', () => {
      const environment = {
        OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
        OTEL_TRACES_SAMPLER_ARG: '0.25',
      };
      const share = sampledOf(environment, 2_000) / 2_000;
      expect(share).toBeGreaterThan(0.18);
      expect(share).toBeLessThan(0.32);
    });

    it('where they take on what is sampled, whatever the share', () => {
      const environment = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' };
      const tracer = toCollector(environment).tracing.scope('speed');
      expect(tracer.start('a', { links: [CLIENT] }).sampled).toBe(true);
      expect(tracer.start('a', { links: [UNSAMPLED] }).sampled).toBe(false);
    });

    it('not at all with always_off', () => {
      const tracer = toCollector({ OTEL_TRACES_SAMPLER: 'always_off' }).tracing.scope('speed');
      expect(tracer.start('a', { parent: CLIENT, links: [CLIENT] }).sampled).toBe(false);
    });

    it('all, with a line that says so, where the sampler or its share is not known', () => {
      const { tracing, logger } = toCollector({
        OTEL_TRACES_SAMPLER: 'traceidratio',
        OTEL_TRACES_SAMPLER_ARG: 'many',
      });
      expect(tracing.scope('speed').start('a').sampled).toBe(true);
      expect(logger.lines).toMatchObject([
        { level: 'warn', message: expect.stringContaining('SAMPLER_ARG') },
      ]);
    });
  });

  it('go with the headers that are given, in the encoding that is asked for', async () => {
    const { tracing } = toCollector({ OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20s3cret' });
    tracing.scope('speed').start('a').end();
    await tracing.close();
    expect(collector.requests).toMatchObject([
      { authorization: 'Bearer s3cret', 'content-type': 'application/json' },
    ]);
  });

  it('go as protobuf, where nothing else is asked for', async () => {
    const { tracing } = start({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/elsewhere` });
    tracing.scope('speed').start('a').end();
    await tracing.close();
    expect(collector.requests).toMatchObject([{ 'content-type': 'application/x-protobuf' }]);
  });

  it('are lost without harm where they are refused, and a line a minute says so, without secrets', async () => {
    collector.status = 401;
    const { tracing, logger, clock } = toCollector({
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20s3cret',
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '1',
    });
    const tracer = tracing.scope('speed');
    const lose = async () => {
      const { failed } = tracing.counts;
      tracer.start('a').end();
      while (tracing.counts.failed === failed) await new Promise((resolve) => setTimeout(resolve, 1));
    };
    for (let span = 0; span < 5; span += 1) await lose();
    expect(logger.lines).toMatchObject([{ level: 'warn', fields: { spans: 1 } }]);
    await clock.advance(60_000);
    await lose();
    expect(logger.lines.slice(1)).toMatchObject([{ level: 'warn', fields: { spans: 5 } }]);
    expect(JSON.stringify(logger.lines)).not.toContain('s3cret');
  });

  it('hold up no end where nobody takes them', async () => {
    const silent = createServer((socket) => socket.on('error', () => undefined));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { tracing } = start({
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(silent.address() as AddressInfo).port}`,
      OTEL_EXPORTER_OTLP_TIMEOUT: '3000',
    });
    tracing.scope('speed').start('a').end();
    const began = performance.now();
    await tracing.close();
    expect(performance.now() - began).toBeLessThan(2_500);
    silent.close();
  });

  describe('of requests', () => {
    const answers: Readonly<Record<string, number>> = { ok: 200, refused: 404, broken: 503 };

    async function requests(
      work: (url: string) => Promise<void>,
    ): Promise<{ traces: (string | undefined)[] }> {
      const { tracing } = toCollector();
      const traces: (string | undefined)[] = [];
      const server = await serve([
        {
          method: 'GET',
          path: '/things/:name',
          query: null,
          tracer: tracing.scope('serving'),
          handle: async ({ params, trace }) => {
            traces.push(trace);
            return { status: answers[params['name'] as string] ?? 500, json: {} };
          },
        },
        { method: 'GET', path: '/untraced', query: null, handle: async () => ({ status: 200, json: {} }) },
      ]);
      await work(server.url);
      await server.close();
      await tracing.close();
      return { traces };
    }

    it('go on from the client, name the route and the status, and are the parent of what the handler does', async () => {
      const { traces } = await requests(async (url) => {
        const headers = { traceparent: CLIENT, 'x-correlation-id': 'order-1' };
        await fetch(`${url}/things/ok?q=1`, { headers });
        await fetch(`${url}/untraced`, { headers });
      });
      expect(collector.spans).toHaveLength(1);
      const [span] = collector.spans;
      expect(span).toMatchObject({
        name: 'GET /things/:name',
        kind: 'server',
        traceId: TRACE,
        parentSpanId: 'b7ad6b7169203331',
        attributes: {
          'http.request.method': 'GET',
          'http.route': '/things/:name',
          'url.path': '/things/ok',
          'http.response.status_code': 200,
          'tenon.correlation_id': 'order-1',
        },
      });
      expect(traces).toEqual([`00-${TRACE}-${span?.spanId}-01`]);
    });

    it('fail where the server does, and not where the client did', async () => {
      await requests(async (url) => {
        await fetch(`${url}/things/refused`);
        await fetch(`${url}/things/broken`);
      });
      expect(
        collector.spans.map(({ attributes, failed }) => [attributes['http.response.status_code'], failed]),
      ).toEqual([
        [404, false],
        [503, true],
      ]);
    });
  });
});
