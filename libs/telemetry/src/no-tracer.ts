import type { Span, Tracer } from '@tenon/ports';

const NO_SPAN: Span = {
  traceparent: '',
  sampled: false,
  set: () => undefined,
  fail: () => undefined,
  end: () => undefined,
};

/** For whoever does not trace. */
export const NO_TRACER: Tracer = {
  enabled: false,
  systems: { log: '', bus: '', store: '' },
  start: () => NO_SPAN,
};
