/** One event, followed by its trace from the client's request to the rows that its product's readers see. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Host } from '@tenon/composition';
import type { OtlpCollector, ReceivedSpan } from '@tenon/testing';
import { startOtlpCollector } from '@tenon/testing';
import { following, isChild, isLinked, spanOf, titleOf } from './traces';
import { startUp } from './up';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CUT = '1af7651916cd43dd8448eb211c80319c';
const contextOf = (trace: string) => `00-${trace}-b7ad6b7169203331-01`;

describe('the trace of an event', () => {
  const data = mkdtempSync(join(tmpdir(), 'tenon-tracing-'));
  const before = { ...process.env };
  let collector: OtlpCollector;
  let up: Host;
  let spans: readonly ReceivedSpan[];

  beforeAll(async () => {
    collector = await startOtlpCollector();
    const environment = {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    };
    Object.assign(process.env, environment);
    up = await startUp(data, 0, environment);
    await followAnEvent();
    await up.stop();
    ({ spans } = collector);
  });

  afterAll(async () => {
    await collector.close();
    process.env = before;
    rmSync(data, { recursive: true, force: true });
  });

  async function followAnEvent(): Promise<void> {
    const live = await fetch(`${up.url}/v1/products/airport_hours/live`);
    const reader = (live.body as ReadableStream<Uint8Array>).getReader();
    let seen = '';
    const until = async (wanted: RegExp) => {
      while (!wanted.test(seen)) seen += Buffer.from((await reader.read()).value ?? []).toString();
    };
    await until(/event: snapshot\n.*\n\n/);
    const sent = await fetch(`${up.url}/v1/sources/flights/events`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-correlation-id': 'flight-1',
        traceparent: contextOf(TRACE),
      },
      body: JSON.stringify({
        date: '2002-05-01T10:00:00Z',
        delay: 1,
        distance: 2,
        origin: 'LAS',
        destination: 'PHL',
      }),
    });
    expect(sent.status).toBe(202);
    const { receipt } = (await sent.json()) as { receipt: string };
    await until(/event: rows\ndata: .*"origin":"LAS"/);
    await reader.cancel();
    const rows = await fetch(`${up.url}/v1/products/airport_hours/rows?after=${receipt}`);
    expect(rows.status).toBe(200);
    const cut = await fetch(`${up.url}/v1/cuts?wait=true`, {
      method: 'POST',
      headers: { traceparent: contextOf(CUT) },
    });
    expect(cut.status).toBe(202);
  }

  it('leads from the request over each service to the live update, by parents and by one link', () => {
    const found = following(spans, TRACE);
    const server = spanOf(found, 'tenon-ingestion: POST /v1/sources/:source/events');
    const send = spanOf(found, 'tenon-ingestion: send tenon.events.flights');
    const batch = spanOf(found, 'tenon-speed: process tenon.events.flights');
    const flush = spanOf(found, 'tenon-speed: send tenon.flushes.airport_hours.1');
    const landing = spanOf(found, 'tenon-consumption: process tenon.flushes.airport_hours.1');
    const transaction = spanOf(found, 'tenon-consumption: transaction');
    const update = spanOf(found, 'tenon-serving: process tenon.live.airport_hours.1');
    expect([server.traceId, server.parentSpanId]).toEqual([TRACE, 'b7ad6b7169203331']);
    expect(isChild(send, server)).toBe(true);
    // One micro-batch takes on the events of many: it is a trace of its own.
    expect(isLinked(batch, send)).toBe(true);
    expect([batch.parentSpanId, batch.traceId === TRACE]).toEqual(['', false]);
    expect(isChild(flush, batch)).toBe(true);
    expect(isChild(landing, flush)).toBe(true);
    expect(isChild(transaction, landing)).toBe(true);
    expect(isChild(update, landing)).toBe(true);
    // Of the three products, and of nothing that failed.
    expect(found.map(titleOf)).toEqual(
      expect.arrayContaining(
        ['routes', 'delay_quantiles'].map((name) => `tenon-speed: send tenon.flushes.${name}.1`),
      ),
    );
    expect(found.filter(({ failed }) => failed)).toEqual([]);
  });

  it('holds what the semantic conventions and the correlation ID call for', () => {
    const found = following(spans, TRACE);
    expect(spanOf(found, 'tenon-ingestion: send tenon.events.flights').attributes).toMatchObject({
      'messaging.operation.type': 'send',
      'messaging.destination.name': 'tenon.events.flights',
      'messaging.kafka.offset': 0,
      'tenon.correlation_id': 'flight-1',
    });
    expect(spanOf(found, 'tenon-speed: process tenon.events.flights').attributes).toMatchObject({
      'messaging.operation.type': 'process',
      'messaging.batch.message_count': 1,
    });
    expect(spanOf(found, 'tenon-consumption: transaction').attributes).toMatchObject({
      'db.system.name': 'lmdb',
    });
  });

  it('of a cut leads to the run of batch, its fold, and the folds of Kappa', () => {
    const found = following(spans, CUT);
    const cut = spanOf(found, 'tenon-ingestion: cut');
    expect(isChild(cut, spanOf(found, 'tenon-ingestion: POST /v1/cuts'))).toBe(true);
    const run = spanOf(found, 'tenon-batch: run airport_hours');
    expect(isLinked(run, cut)).toBe(true);
    expect(run.attributes).toMatchObject({ 'tenon.generation.from': 0, 'tenon.generation.to': 1 });
    const landing = found.find((span) => isChild(span, run));
    expect(landing).toMatchObject({
      service: 'tenon-consumption',
      name: 'process tenon.ranges.airport_hours.1',
    });
    expect(isLinked(spanOf(found, 'tenon-speed: process tenon.events.flights'), cut)).toBe(true);
    expect(found.map(titleOf)).toContain('tenon-consumption: fold');
  });

  it('of a query holds its wait and its read', () => {
    const query = spanOf(spans, 'tenon-serving: GET /v1/products/:name/rows');
    for (const name of ['wait', 'rows'])
      expect(isChild(spanOf(spans, `tenon-serving: ${name} airport_hours`), query)).toBe(true);
  });
});
