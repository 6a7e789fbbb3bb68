/** The port on OpenTelemetry's tracer. */
import type * as Otel from '@opentelemetry/api';
import type { Span, SpanAttributes, SpanKind, SpanOptions, TracedSystems, Tracer } from '@tenon/ports';
import { otel } from './otel';
import type { screenOf } from './sampler';

export class OtelTracer implements Tracer {
  readonly enabled = true;
  private readonly api = otel.api();
  private readonly parse = otel.core().parseTraceParent;
  private readonly kinds: Readonly<Record<SpanKind, Otel.SpanKind>>;

  constructor(
    private readonly tracer: Otel.Tracer,
    readonly systems: TracedSystems,
    private readonly mayBeSampled: ReturnType<typeof screenOf>,
  ) {
    const { INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER } = this.api.SpanKind;
    this.kinds = {
      internal: INTERNAL,
      server: SERVER,
      client: CLIENT,
      producer: PRODUCER,
      consumer: CONSUMER,
    };
  }

  start(name: string, { kind = 'internal', parent, links, attributes }: SpanOptions = {}): Span {
    const from = parent === undefined ? null : this.parse(parent);
    const linked = links === undefined ? NO_LINKS : links.flatMap((link) => this.parse(link) ?? []);
    if (!this.mayBeSampled(from, linked)) return UNSAMPLED;
    const { trace, ROOT_CONTEXT } = this.api;
    const context =
      from === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, { ...from, isRemote: true });
    const span = this.tracer.startSpan(
      name,
      {
        kind: this.kinds[kind],
        links: linked.map((one) => ({ context: { ...one, isRemote: true } })),
      },
      context,
    );
    // Given at the start, they would be copied and checked twice.
    if (attributes !== undefined) span.setAttributes(attributes);
    return new OtelSpan(span, this.api.SpanStatusCode.ERROR);
  }
}

const NO_LINKS: readonly Otel.SpanContext[] = [];

/** One for all that are not recorded. Its context says so to what it causes here, and goes nowhere else. */
const UNSAMPLED: Span = {
  traceparent: `00-${'f'.repeat(32)}-${'f'.repeat(16)}-00`,
  sampled: false,
  set: () => undefined,
  fail: () => undefined,
  end: () => undefined,
};

class OtelSpan implements Span {
  readonly traceparent: string;
  readonly sampled: boolean;

  constructor(
    private readonly span: Otel.Span,
    private readonly failed: Otel.SpanStatusCode.ERROR,
  ) {
    const { traceId, spanId, traceFlags } = span.spanContext();
    this.sampled = (traceFlags & 1) === 1;
    this.traceparent = `00-${traceId}-${spanId}-${this.sampled ? '01' : '00'}`;
  }

  set(attributes: SpanAttributes): void {
    this.span.setAttributes(attributes);
  }

  fail(error: unknown): void {
    const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
    this.span.setAttribute('error.type', codeOf(error) ?? name);
    this.span.recordException({ name, message });
    this.span.setStatus({ code: this.failed, message });
  }

  end(): void {
    this.span.end();
  }
}

/** Tenon's own codes say more than the name of a class. */
function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}
