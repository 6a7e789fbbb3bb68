/** The port on OpenTelemetry's tracer. */
import type * as Otel from '@opentelemetry/api';
import type { Span, SpanAttributes, SpanKind, SpanOptions, TracedSystems, Tracer } from '@tenon/ports';
import { otel } from './otel';

export class OtelTracer implements Tracer {
  readonly enabled = true;
  private readonly api = otel.api();
  private readonly parse = otel.core().parseTraceParent;
  private readonly kinds: Readonly<Record<SpanKind, Otel.SpanKind>>;

  constructor(
    private readonly tracer: Otel.Tracer,
    readonly systems: TracedSystems,
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

  start(name: string, { kind = 'internal', parent, links = [], attributes }: SpanOptions = {}): Span {
    const { trace, ROOT_CONTEXT } = this.api;
    const from = parent === undefined ? null : this.parse(parent);
    const context =
      from === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, { ...from, isRemote: true });
    const span = this.tracer.startSpan(
      name,
      {
        kind: this.kinds[kind],
        links: links.flatMap((link) => {
          const linked = this.parse(link);
          return linked === null ? [] : [{ context: { ...linked, isRemote: true } }];
        }),
        ...(attributes !== undefined && { attributes }),
      },
      context,
    );
    return new OtelSpan(span, this.api.SpanStatusCode.ERROR);
  }
}

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
