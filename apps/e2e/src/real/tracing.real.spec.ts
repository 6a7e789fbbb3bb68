/** Five processes on real servers: the headers of Kafka and NATS carry a trace from each to the next. */
import { SERVICES } from '@tenon/composition';
import type { OtlpCollector, ReceivedSpan } from '@tenon/testing';
import { eventually, startOtlpCollector } from '@tenon/testing';
import { following, isChild, isLinked, spanOf } from '../traces';
import type { LiveClient } from './live-client';
import type { ServiceProcess } from './service-process';
import { makeOrders } from './shop';
import { describeOnServers } from './servers';
import { ShopProcesses } from './shop-processes';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CUT = '1af7651916cd43dd8448eb211c80319c';
const contextOf = (trace: string) => ({ traceparent: `00-${trace}-b7ad6b7169203331-01` });

describeOnServers('Traces of five processes', () => {
  let shop: ShopProcesses;
  let collector: OtlpCollector;
  let live: LiveClient | undefined;
  let spans: readonly ReceivedSpan[];

  beforeAll(async () => {
    collector = await startOtlpCollector();
    shop = new ShopProcesses({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    });
    const started = await Promise.all(SERVICES.map((service) => shop.start(service)));
    const [ingestion, serving] = [started.at(0), started.at(-1)] as [ServiceProcess, ServiceProcess];
    const client = (live = await shop.watch(serving));
    await eventually('it shows a snapshot', () => client.events.length > 0);
    const [order] = makeOrders(0, 1);
    const sent = await fetch(`${ingestion.url}/v1/sources/${shop.source}/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...contextOf(TRACE) },
      body: JSON.stringify(order),
    });
    expect(sent.status).toBe(202);
    await eventually('it shows the order', () => client.cells().length === 1);
    const cut = await fetch(`${ingestion.url}/v1/cuts?wait=true`, {
      method: 'POST',
      headers: contextOf(CUT),
    });
    expect(cut.status).toBe(202);
    // What is gathered goes out when a process ends.
    expect(await Promise.all(started.map((one) => one.stop()))).toEqual([0, 0, 0, 0, 0]);
    ({ spans } = collector);
  });

  afterAll(async () => {
    live?.close();
    await shop?.end();
    await collector?.close();
  });

  test('an event leads through Kafka and NATS to the live update in another process', () => {
    const found = following(spans, TRACE);
    const { source } = shop;
    const send = spanOf(found, `tenon-ingestion: send tenon.events.${source}`);
    const batch = spanOf(found, `tenon-speed: process tenon.events.${source}`);
    const flush = spanOf(found, `tenon-speed: send tenon.flushes.${source}_hours.1`);
    const landing = spanOf(found, `tenon-consumption: process tenon.flushes.${source}_hours.1`);
    const transaction = spanOf(found, 'tenon-consumption: transaction');
    const update = spanOf(found, `tenon-serving: process tenon.live.${source}_hours.1`);
    expect(send.traceId).toBe(TRACE);
    expect(isLinked(batch, send)).toBe(true);
    expect([isChild(flush, batch), isChild(landing, flush), isChild(update, landing)]).toEqual([
      true,
      true,
      true,
    ]);
    expect([send, landing].map(({ attributes }) => attributes['messaging.system'])).toEqual([
      'kafka',
      'kafka',
    ]);
    expect(update.attributes['messaging.system']).toBe('nats');
    expect(transaction.attributes['db.system.name']).toBe('mongodb');
    const instances = [send, batch, landing, update].map(({ resource }) => resource['service.instance.id']);
    expect(new Set(instances).size).toBe(4);
  });

  test('a cut leads to the run of batch and to what that makes', () => {
    const found = following(spans, CUT);
    const run = spanOf(found, `tenon-batch: run ${shop.source}_hours`);
    expect(isLinked(run, spanOf(found, 'tenon-ingestion: cut'))).toBe(true);
    expect(found.find((span) => isChild(span, run))?.service).toBe('tenon-consumption');
  });
});
