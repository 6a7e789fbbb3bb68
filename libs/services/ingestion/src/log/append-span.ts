/** The span of an append, and the context that its records carry on. */
import { HEADERS } from '@tenon/contracts';
import type { NewRecord, Tracer } from '@tenon/ports';
import { Links, contextHeaders, startMessaging, within } from '@tenon/telemetry';

/** Why records are appended. */
export interface Cause {
  /** The traceparent of the request's span. */
  readonly trace: string | undefined;
  /** The traceparent that the client sent with the request. */
  readonly traceparent: string | undefined;
}

/**
 * Appends records whose header `traceparent` is that of the append's span, so that whoever reads them links to it. The
 * event's envelope keeps the client's own, and so do the records of a span that is not recorded.
 */
export function traceAppend(
  tracer: Tracer,
  topic: string,
  records: readonly NewRecord[],
  cause: Cause,
  append: (records: readonly NewRecord[]) => Promise<number[]>,
): Promise<number[]> {
  const span = startMessaging(tracer, 'send', tracer.systems.log, topic, {
    parent: cause.trace,
    links: linksOf(records, cause),
  });
  if (!span.sampled) return append(records);
  span.set(describe(records));
  return within(span, async () => {
    const context = contextHeaders(span);
    const offsets = await append(
      records.map((record) => ({ ...record, headers: { ...record.headers, ...context } })),
    );
    if (offsets.length === 1) span.set({ 'messaging.kafka.offset': offsets[0] as number });
    return offsets;
  });
}

/** Events of one call may have begun in traces of their own. */
function linksOf(records: readonly NewRecord[], { traceparent }: Cause): readonly string[] {
  const links = new Links();
  for (const { headers } of records) {
    const own = headers?.[HEADERS.traceparent];
    if (own !== traceparent) links.add(own);
    if (links.full) break;
  }
  return links.list();
}

function describe(records: readonly NewRecord[]) {
  const [first] = records;
  if (records.length !== 1 || first === undefined) return { 'messaging.batch.message_count': records.length };
  return {
    'messaging.destination.partition.id': String(first.partition),
    'tenon.correlation_id': first.headers?.[HEADERS.correlationId] ?? '',
  };
}
