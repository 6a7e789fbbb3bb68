/** The spans of reads: of an answer, beneath the request's, and of a live update, beneath the landing's. */
import { SUBJECTS } from '@tenon/contracts';
import type { ProductId } from '@tenon/domain';
import type { Span, Tracer } from '@tenon/ports';
import type { Links } from '@tenon/telemetry';
import { startMessaging, within } from '@tenon/telemetry';

/** Runs a read of the store in a span, if the request has one. */
export function traceRead<T>(
  tracer: Tracer,
  trace: string | undefined,
  operation: 'rows' | 'wait',
  product: string,
  work: () => Promise<T>,
): Promise<T> {
  if (trace === undefined || !tracer.enabled) return work();
  const span = tracer.start(`${operation} ${product}`, {
    kind: 'client',
    parent: trace,
    attributes: {
      'db.system.name': tracer.systems.store,
      'db.operation.name': 'snapshot',
      'tenon.product': product,
    },
  });
  return within(span, work);
}

/** A message to a client tells of several landings: the first one's trace goes on, the others are linked. */
export function startLiveUpdate(tracer: Tracer, product: ProductId, hints: Links): Span {
  const [parent, ...links] = hints.list();
  return startMessaging(tracer, 'process', tracer.systems.bus, SUBJECTS.live(product), {
    parent,
    links,
    attributes: { 'messaging.batch.message_count': links.length + 1 },
  });
}
