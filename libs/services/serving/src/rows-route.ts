/** `GET /v1/products/:name/rows`: from a question to its answer. */
import type { RowsFormat } from '@tenon/contracts';
import { ROWS_FORMATS } from '@tenon/contracts';
import type { OffsetVector } from '@tenon/domain';
import { covers } from '@tenon/domain';
import type { Clock, HttpRequest, HttpResponse, Tables, Tracer } from '@tenon/ports';
import { NO_TRACER } from '@tenon/telemetry';
import { isKnown } from './etag';
import { formatOf } from './format';
import { OnTheirWay } from './on-their-way';
import type { RowsQuery } from './query';
import { RowsHeadersOf } from './rows-headers';
import type { QuestionQueue } from './question-queue';
import type { Questions } from './questions';
import type { ProductReader, ReadAnswer } from './reader';
import type { ReceiptWaits } from './receipt-waits';
import type { ServingScope } from './scope';
import { mustAnswer } from './scope';
import { traceRead } from './spans';
import { wantedLanes } from './wanted-lanes';
import type { WrittenDeps } from './written';
import { bodyOf } from './written';

export interface RowsRouteDeps {
  /** Absent: all. */
  readonly scope?: ServingScope;
  readonly clock: Clock;
  readonly tracer?: Tracer;
  readonly queue: QuestionQueue;
  /** Absent: rows are given as JSON and CSV alone. */
  readonly tables?: Tables;
  /** Bytes of large pages that are on their way to their clients, of all together. */
  readonly maxSendingBytes: number;
}

/** What answers the questions about a product. */
export interface Answering {
  readonly reader: ProductReader;
  readonly questions: Questions;
  readonly waits: ReceiptWaits;
}

export class RowsRoute {
  private readonly tracer: Tracer;
  private readonly written: WrittenDeps;
  private readonly headers: Readonly<Record<RowsFormat, RowsHeadersOf>>;

  constructor(private readonly deps: RowsRouteDeps) {
    this.tracer = deps.tracer ?? NO_TRACER;
    this.headers = Object.fromEntries(
      ROWS_FORMATS.map((format) => [format, new RowsHeadersOf(format)]),
    ) as Record<RowsFormat, RowsHeadersOf>;
    this.written = { ...deps, onTheirWay: new OnTheirWay(deps.maxSendingBytes) };
  }

  /** @param ended ends its waiting; absent: the request's own signal, which is made only for who waits */
  async handle(served: Answering, request: HttpRequest, ended?: AbortSignal): Promise<HttpResponse> {
    const { reader } = served;
    const query = served.questions.of(request);
    mustAnswer(this.deps.scope ?? 'all', reader.layout.plan, query.layer);
    const format = query.format ?? formatOf(request.headers.accept);
    const known = request.headers['if-none-match'];
    if (query.asOf === null && (known !== undefined || request.method === 'HEAD')) {
      // Before any row is read. With a receipt the answer has to be waited for first.
      if (query.after !== null) await this.waited(served, query.after, query, ended ?? request.signal);
      const tag = reader.tagNow(query.layer) ?? (await reader.tag(query.layer));
      const { whole, unchanged } = this.headers[format].of(tag);
      if (known !== undefined && isKnown(known, whole.etag)) return { status: 304, headers: unchanged };
      if (request.method === 'HEAD') return { status: 200, headers: whole };
    }
    // What is traced is traced whole.
    const now = request.trace === undefined ? reader.readNow(query) : undefined;
    const answer = now ?? (await this.answer(served, query, request, ended));
    const { whole: headers, unchanged } = this.headers[format].of(answer.tag);
    if (known !== undefined && isKnown(known, headers.etag)) return { status: 304, headers: unchanged };
    if (format === 'json' && answer.parts.length <= 1)
      return { status: 200, headers, text: reader.json(answer) };
    const body = await bodyOf(this.written, reader, answer, format);
    if (format === 'json') return { status: 200, headers, ...body };
    return {
      status: 200,
      headers: {
        ...headers,
        'tenon-version': String(reader.layout.plan.version),
        'tenon-answer': printable(answer.answer),
        ...(answer.next !== null && { 'tenon-next': answer.next }),
      },
      ...body,
    };
  }

  private async waited(
    { reader, waits }: Answering,
    after: OffsetVector,
    { layer, timeoutMs }: RowsQuery,
    signal: AbortSignal,
  ): Promise<void> {
    const until = this.deps.clock.monotonic() + timeoutMs;
    await waits.wait({ wanted: wantedLanes(reader.layout, after), layer, until, signal }, false);
  }

  /** Promise 6: answers only once the receipt's events are in, or says that they are not. */
  private async answer(
    { reader, waits }: Answering,
    query: RowsQuery,
    request: HttpRequest,
    ended: AbortSignal | undefined,
  ): Promise<ReadAnswer> {
    const { tracer } = this;
    const { trace } = request;
    const { plan } = reader.layout;
    const read = () =>
      this.deps.queue.run(
        () => ended ?? request.signal,
        () => reader.read(query),
      );
    if (query.after === null)
      return trace === undefined ? read() : traceRead(tracer, trace, 'rows', plan.product, read);
    const wanted = wantedLanes(reader.layout, query.after);
    const until = this.deps.clock.monotonic() + query.timeoutMs;
    const awaited = { wanted, layer: query.layer, until, signal: ended ?? request.signal };
    for (let trusting = true; ; trusting = false) {
      await traceRead(tracer, trace, 'wait', plan.product, () => waits.wait(awaited, trusting));
      const answer = await traceRead(tracer, trace, 'rows', plan.product, read);
      if (covers(answer.included, wanted)) return answer;
    }
  }
}

/** JSON that says the same in characters that a header may hold. */
const printable = (json: string): string =>
  json.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
