/** The spans of a landing: they carry on those of the flushes and ranges that land. */
import type { Span, Tracer } from '@tenon/ports';
import type { Links } from '@tenon/telemetry';
import { startMessaging, within } from '@tenon/telemetry';

/** One transaction lands several flushes: the first one's trace goes on, the others are linked. */
export function startLanding(tracer: Tracer, topic: string, messages: number, contexts: Links): Span {
  const [parent, ...links] = contexts.list();
  return startMessaging(tracer, 'process', tracer.systems.log, topic, {
    parent,
    links,
    attributes: { 'messaging.batch.message_count': messages },
  });
}

/** Runs `work`, which changes the store, in a span of its own where its cause has one. */
export function traceStore<T>(
  tracer: Tracer,
  cause: Span | undefined,
  operation: string,
  work: () => Promise<T>,
): Promise<T> {
  if (cause === undefined) return work();
  const span = tracer.start(operation, {
    kind: 'client',
    parent: cause.traceparent,
    attributes: { 'db.system.name': tracer.systems.store, 'db.operation.name': operation },
  });
  return within(span, work);
}
