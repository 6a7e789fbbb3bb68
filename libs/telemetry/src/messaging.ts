import type { Span, SpanOptions, Tracer } from '@tenon/ports';

/** Starts a span of a message or of several, named and described as the conventions have it. */
export function startMessaging(
  tracer: Tracer,
  operation: 'send' | 'process',
  system: string,
  destination: string,
  { attributes, ...options }: Omit<SpanOptions, 'kind'> = {},
): Span {
  const span = tracer.start(`${operation} ${destination}`, {
    ...options,
    kind: operation === 'send' ? 'producer' : 'consumer',
  });
  // Where most are not sampled, what describes them is not made either.
  if (span.sampled)
    span.set({
      'messaging.system': system,
      'messaging.operation.name': operation,
      'messaging.operation.type': operation,
      'messaging.destination.name': destination,
      ...attributes,
    });
  return span;
}
