/**
 * A call with a stream of events, one JSON value per line. Lines are read as they arrive and appended in pieces, a few of
 * which are on their way while the next is read; so memory is bounded, whatever the length of the whole.
 */
import { HttpProblem } from '@tenon/errors';
import type { HttpRequest, HttpResponse } from '@tenon/ports';
import { Conflicts } from '../events/conflicts';
import { mayHoldBigIntegers, parseExactly } from '../events/exact-integers';
import type { Rejection } from '../events/rejection';
import type { Prepared } from '../events/source-rules';
import { eventTooLarge, idempotentId } from '../events/source-rules';
import { NOT_UTF8, decodeUtf8, parseJson } from '../events/text';
import type { DeadLetter } from '../log/dead-letters';
import type { Call } from './call';
import type { Lines } from './lines';
import { LineSplitter } from './lines';
import { preparePlain, prepareStructured } from './prepare';
import { CallReport } from './report';
import type { SourceDesk } from './source-desk';

/**
 * @throws HttpProblem where the stream ends early (the log is down, the upload is cut or corrupt). Its members
 * `accepted`, `rejected` and `receipt` then say what is in the log all the same, and `settled` how many events from the
 * first on need not be sent again.
 */
export async function takeStream(desk: SourceDesk, call: Call, request: HttpRequest): Promise<HttpResponse> {
  const stream = new Stream(desk, call);
  const { signal } = request;
  try {
    for await (const chunk of request.body) {
      await stream.take(chunk);
      if (signal.aborted) throw new HttpProblem(503, 'shutting-down', ENDING, {}, { 'retry-after': '1' });
    }
    await stream.end();
  } catch (error) {
    throw await stream.abort(error);
  }
  return { status: 202, json: stream.report.answer() };
}

const ENDING = 'The server ends; what it has taken of the stream is in the log.';

interface Taken {
  readonly index: number;
  readonly event: Prepared;
}

/** What lines may hold, so that most of them need no closer look. */
interface Hints {
  readonly escapes: boolean;
  readonly bigIntegers: boolean;
}

class Stream {
  readonly report: CallReport;
  private readonly lines: LineSplitter;
  private readonly conflicts = new Conflicts();
  private index = 0;
  private taken: Taken[] = [];
  private takenBytes = 0;
  private letters: DeadLetter[] = [];
  private readonly inFlight = new Set<Promise<void>>();
  /** The first piece that failed, and the index of its first event. */
  private failure: { readonly error: unknown; readonly from: number } | null = null;

  constructor(
    private readonly desk: SourceDesk,
    private readonly call: Call,
  ) {
    this.report = new CallReport(desk.name, call.items, desk.config.maxAnswerItems);
    this.lines = new LineSplitter(desk.config.maxEventBytes);
  }

  async take(chunk: Uint8Array): Promise<void> {
    for (const lines of this.lines.push(chunk)) this.readLines(lines);
    const { chunkEvents, chunkBytes } = this.desk.config;
    const full =
      this.taken.length >= chunkEvents || this.takenBytes >= chunkBytes || this.letters.length >= chunkEvents;
    // A trickle is not made to wait for a full piece; a flood gathers while the last piece is on its way.
    if (full || this.inFlight.size === 0) await this.flush();
    if (this.failure !== null) throw this.failure.error;
  }

  async end(): Promise<void> {
    for (const lines of this.lines.end()) this.readLines(lines);
    await this.flush();
    await this.settle();
    if (this.failure !== null) throw this.failure.error;
  }

  /** What was read whole goes in still; a line that was cut off does not. @returns the error to answer with */
  async abort(error: unknown): Promise<unknown> {
    if (this.failure === null) await this.flush();
    await this.settle();
    const { accepted, rejected, receipt } = this.report.answer();
    const settled = this.failure?.from ?? this.index;
    const extra = { accepted, rejected, receipt, settled };
    if (error instanceof HttpProblem) {
      return new HttpProblem(
        error.status,
        error.code,
        error.detail,
        { ...error.extra, ...extra },
        error.headers,
      );
    }
    if ((error as { details?: { retryable?: boolean } }).details?.retryable !== true) return error;
    const detail = `${(error as Error).message} The first ${settled} events of the stream are settled.`;
    return new HttpProblem(503, 'unavailable', detail, extra, { 'retry-after': '1' });
  }

  private readLines({ bytes, dropped }: Lines): void {
    if (dropped) return this.refuse(eventTooLarge(this.desk.config.maxEventBytes), '');
    const text = decodeUtf8(bytes);
    if (text === undefined) return this.readDamaged(bytes);
    // One look for escapes and long integers in all lines: they are rare, and a false alarm only costs the closer look.
    const hints: Hints = { escapes: text.includes('\\u'), bigIntegers: mayHoldBigIntegers(text) };
    let from = 0;
    for (;;) {
      const to = text.indexOf('\n', from);
      this.readLine(to < 0 ? text.slice(from) : text.slice(from, to), hints);
      if (to < 0) return;
      from = to + 1;
    }
  }

  /** Only the lines that are no UTF-8 are at fault, not their neighbours. */
  private readDamaged(bytes: Uint8Array): void {
    let from = 0;
    while (from <= bytes.length) {
      const newline = bytes.indexOf(10, from);
      const line = bytes.subarray(from, newline < 0 ? bytes.length : newline);
      const text = decodeUtf8(line);
      if (text === undefined) this.refuse(NOT_UTF8, line);
      else this.readLine(text, { escapes: true, bigIntegers: true });
      if (newline < 0) return;
      from = newline + 1;
    }
  }

  private readLine(line: string, hints: Hints): void {
    if (line.length < 2 && line.trim() === '') return;
    const outcome = this.prepare(line, hints);
    if (outcome === null) return;
    const refused = outcome.ok ? this.conflicts.check(outcome) : outcome;
    if (refused !== null) return this.refuse(refused, line);
    this.taken.push({ index: this.index, event: outcome as Prepared });
    this.takenBytes += line.length;
    this.index += 1;
  }

  private prepare(line: string, { escapes, bigIntegers }: Hints): Prepared | Rejection | null {
    let value: unknown;
    try {
      value = bigIntegers ? parseExactly(line) : JSON.parse(line);
    } catch {
      // The closer look: a blank line is no event, and the reason is worth its time.
      return line.trim() === '' ? null : (parseJson(line) as Rejection);
    }
    const isCloudEvent = typeof value === 'object' && value !== null && Object.hasOwn(value, 'specversion');
    const prepare = isCloudEvent ? prepareStructured : preparePlain;
    return prepare(this.desk.rules, this.call, value, escapes, this.index);
  }

  private refuse(rejection: Rejection, bytes: Uint8Array | string): void {
    const { correlationId, contentType } = this.call;
    this.report.reject(this.index, rejection);
    const id = idempotentId(this.call.idempotencyKey, this.index) ?? undefined;
    this.letters.push({ bytes, rejection, correlationId, contentType, id });
    this.index += 1;
  }

  private sendOff(): void {
    if (this.taken.length === 0 && this.letters.length === 0) return;
    const sending = this.send(this.taken, this.letters);
    this.taken = [];
    this.takenBytes = 0;
    this.letters = [];
    this.inFlight.add(sending);
    void sending.then(() => {
      this.inFlight.delete(sending);
      // What came meanwhile goes at once, since the next chunk may be long in coming.
      if (this.inFlight.size === 0 && this.failure === null) this.sendOff();
    });
  }

  /** Sends off what was gathered; waits while too much is on its way. */
  private async flush(): Promise<void> {
    this.sendOff();
    while (this.inFlight.size >= this.desk.config.chunksInFlight) await Promise.race(this.inFlight);
  }

  private async settle(): Promise<void> {
    while (this.inFlight.size > 0) await Promise.all(this.inFlight);
  }

  /** Never rejects; a failure ends the stream at its next step. */
  private async send(taken: readonly Taken[], letters: readonly DeadLetter[]): Promise<void> {
    const { appender, deadLetters } = this.desk;
    const buried = deadLetters.bury(letters);
    appender.rejected += letters.length;
    try {
      const offsets = await appender.append(
        taken.map(({ event }) => event.record),
        this.call,
      );
      taken.forEach(({ index, event }, at) => {
        this.report.accept(index, event, offsets[at] as number);
        if (event.late) appender.late += 1;
      });
    } catch (error) {
      const from = taken[0]?.index ?? this.index;
      if (this.failure === null || from < this.failure.from) this.failure = { error, from };
    }
    await buried;
  }
}
