import { HEADERS } from '@tenon/contracts';
import type { NewRecord, Span, SpanOptions, Tracer } from '@tenon/ports';
import { MAX_LINKS } from '@tenon/telemetry';
import { traceAppend } from './append-span';

const contextOf = (id: string) => `00-${id.repeat(32)}-${id.repeat(16)}-01`;
const CLIENT = contextOf('1');
const SERVER = contextOf('2');
const SEND = contextOf('3');

interface Started extends SpanOptions {
  readonly name: string;
  readonly set: Record<string, unknown>;
  error?: unknown;
  ended: boolean;
}

function recordingTracer(sampled = true): Tracer & { readonly spans: Started[] } {
  const spans: Started[] = [];
  return {
    enabled: true,
    systems: { log: 'kafka', bus: 'nats', store: 'mongodb' },
    spans,
    start: (name, options = {}): Span => {
      const span: Started = { ...options, name, set: {}, ended: false };
      spans.push(span);
      return {
        traceparent: SEND,
        sampled,
        set: (attributes) => void Object.assign(span.set, attributes),
        fail: (error) => (span.error = error),
        end: () => (span.ended = true),
      };
    },
  };
}

const record = (traceparent?: string): NewRecord => ({
  partition: 2,
  key: null,
  value: '{}',
  headers: { correlationid: 'order-1', ...(traceparent !== undefined && { traceparent }) },
});

async function append(tracer: Tracer, records: readonly NewRecord[]) {
  const appended: NewRecord[] = [];
  const cause = { trace: SERVER, traceparent: CLIENT };
  const offsets = await traceAppend(tracer, 'tenon.events.orders', records, cause, async (traced) => {
    appended.push(...traced);
    return traced.map((_, index) => 40 + index);
  });
  return { offsets, contexts: appended.map(({ headers }) => headers?.[HEADERS.traceparent]), appended };
}

describe('the span of an append', () => {
  it('is a producer of the topic, beneath the request, and is what the records carry on', async () => {
    const tracer = recordingTracer();
    const given = record(CLIENT);
    const { offsets, contexts, appended } = await append(tracer, [given]);
    expect(offsets).toEqual([40]);
    expect(contexts).toEqual([SEND]);
    expect(appended[0]?.headers).toMatchObject({ correlationid: 'order-1' });
    expect(given.headers?.['traceparent']).toBe(CLIENT);
    expect(tracer.spans).toEqual([
      {
        name: 'send tenon.events.orders',
        kind: 'producer',
        parent: SERVER,
        links: [],
        set: {
          'messaging.system': 'kafka',
          'messaging.operation.name': 'send',
          'messaging.operation.type': 'send',
          'messaging.destination.name': 'tenon.events.orders',
          'messaging.destination.partition.id': '2',
          'tenon.correlation_id': 'order-1',
          'messaging.kafka.offset': 40,
        },
        ended: true,
      },
    ]);
  });

  it('is one for many records, with links to the traces that they began in, of which there is a bound', async () => {
    const tracer = recordingTracer();
    const own = Array.from({ length: 200 }, (_, index) =>
      record(`00-${'a'.repeat(32)}-${(index + 1).toString(16).padStart(16, '0')}-01`),
    );
    const { contexts } = await append(tracer, [record(CLIENT), record(), ...own, ...own]);
    expect(new Set(contexts)).toEqual(new Set([SEND]));
    expect(tracer.spans).toHaveLength(1);
    expect(tracer.spans[0]?.links).toHaveLength(MAX_LINKS);
    expect(tracer.spans[0]?.links).not.toContain(CLIENT);
    expect(tracer.spans[0]?.set).toMatchObject({ 'messaging.batch.message_count': 402 });
  });

  it('that is not sampled leaves the records as they are', async () => {
    const { contexts } = await append(recordingTracer(false), [record(CLIENT), record()]);
    expect(contexts).toEqual([CLIENT, undefined]);
  });

  it('ends as failed where the log does not take the records', async () => {
    const tracer = recordingTracer();
    const away = new Error('away');
    const cause = { trace: SERVER, traceparent: undefined };
    await expect(
      traceAppend(tracer, 'tenon.events.orders', [record()], cause, () => Promise.reject(away)),
    ).rejects.toBe(away);
    expect(tracer.spans).toMatchObject([{ error: away, ended: true }]);
  });
});
