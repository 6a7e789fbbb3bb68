/** An exporter whose failures are nobody's trouble: spans are lost, and a line a minute at most says so. */
import type { ExportResult } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { Clock, Logger } from '@tenon/ports';

const SAY_EVERY_MS = 60_000;
const MESSAGE_CHARS = 200;
/** `ExportResultCode`, which is loaded with the SDK only. */
const SUCCESS = 0;

export interface ExportCounts {
  exported: number;
  failed: number;
}

export class QuietExporter implements SpanExporter {
  readonly counts: ExportCounts = { exported: 0, failed: 0 };
  private unsaid = 0;
  private saidAt = -Infinity;

  constructor(
    private readonly inner: SpanExporter,
    private readonly clock: Pick<Clock, 'monotonic'>,
    private readonly logger: Logger,
  ) {}

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    const finish = ({ code, error }: ExportResult) => {
      if (code === SUCCESS) this.counts.exported += spans.length;
      else this.lost(spans.length, error);
      done({ code: SUCCESS });
    };
    try {
      this.inner.export(spans, finish);
    } catch (error) {
      finish({ code: 1, error: error as Error });
    }
  }

  private lost(spans: number, error: Error | undefined): void {
    this.counts.failed += spans;
    this.unsaid += spans;
    const now = this.clock.monotonic();
    if (now - this.saidAt < SAY_EVERY_MS) return;
    this.saidAt = now;
    this.logger.warn({ spans: this.unsaid, reason: reasonOf(error) }, 'traces are lost: the export fails');
    this.unsaid = 0;
  }

  forceFlush(): Promise<void> {
    return this.inner.forceFlush?.() ?? Promise.resolve();
  }

  shutdown(): Promise<void> {
    return this.inner.shutdown();
  }
}

/** Message and code, and nothing else: an error may hold the answer, and an answer what was sent, such as the headers. */
function reasonOf(error: Error | undefined): string {
  if (error === undefined) return 'unknown';
  const { code } = error as { code?: unknown };
  const message = error.message || (error as AggregateError).errors?.map(String).join('; ') || error.name;
  const suffix = code === undefined || message.includes(String(code)) ? '' : ` (${String(code)})`;
  return message.slice(0, MESSAGE_CHARS) + suffix;
}
