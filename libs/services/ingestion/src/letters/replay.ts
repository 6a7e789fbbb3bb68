/** Sends what ingestion refused again: by the rules of today, with its id and its correlation ID. */
import { HEADERS } from '@tenon/contracts';
import type { LogRecord } from '@tenon/ports';
import { traceparentOf } from '../events/correlation';
import { Rejection } from '../events/rejection';
import type { CallContext, Prepared } from '../events/source-rules';
import { decodeUtf8, parseJson } from '../events/text';
import { readEvent } from '../feeds/record-intake';
import { preparePlain, prepareStructured } from '../intake/prepare';
import type { SourceDesk } from '../intake/source-desk';
import { isInLog } from './letter';

export interface Replayed {
  /** Letters whose events are in the log now. */
  readonly taken: readonly LogRecord[];
  /** Refused again, by the code. */
  readonly refused: Readonly<Record<string, number>>;
  /** Stand in the log already: the next version of the product judges them anew. */
  readonly inLog: number;
  /** Cut short when they were kept. */
  readonly truncated: number;
}

/** @throws what the log throws; sending again is safe, since each has its id */
export async function replay(desk: SourceDesk, records: readonly LogRecord[]): Promise<Replayed> {
  const taken: { record: LogRecord; event: Prepared }[] = [];
  const refused: Record<string, number> = {};
  let inLog = 0;
  let truncated = 0;
  for (const record of records) {
    if (isInLog(record)) inLog += 1;
    else if (record.header(HEADERS.truncated) !== undefined) truncated += 1;
    else {
      const outcome = prepare(desk, record);
      if (outcome.ok) taken.push({ record, event: outcome });
      else refused[outcome.code] = (refused[outcome.code] ?? 0) + 1;
    }
  }
  for (let at = 0; at < taken.length; at += desk.config.chunkEvents) {
    const chunk = taken.slice(at, at + desk.config.chunkEvents);
    await desk.appender.append(
      chunk.map(({ event }) => event.record),
      { trace: undefined, traceparent: undefined },
    );
  }
  return { taken: taken.map(({ record }) => record), refused, inLog, truncated };
}

function prepare(desk: SourceDesk, record: LogRecord): Prepared | Rejection {
  const origin = record.header(HEADERS.origin);
  if (origin !== undefined) {
    const call = callOf(desk, record, origin);
    // As it came, but for the headers that it had.
    return readEvent(desk, desk.format ?? 'json', record, {}, call);
  }
  const text = decodeUtf8(record.value);
  if (text === undefined) return new Rejection(400, 'malformed-utf8', 'Not UTF-8.');
  const parsed = parseJson(text);
  if (parsed instanceof Rejection) return parsed;
  const { value, escapes } = parsed;
  const call = callOf(desk, record, `dlq/${desk.name}/${record.offset}`);
  const isCloudEvent = typeof value === 'object' && value !== null && Object.hasOwn(value, 'specversion');
  return (isCloudEvent ? prepareStructured : preparePlain)(desk.rules, call, value, escapes, null);
}

const callOf = (desk: SourceDesk, record: LogRecord, id: string): CallContext => ({
  correlationId: record.header(HEADERS.correlationId) ?? `dlq/${desk.name}/${record.offset}`,
  correlationGiven: true,
  traceparent: traceparentOf(record.header(HEADERS.traceparent)),
  // Of an event that had no id its place makes one, so that it counts once however often it is sent again.
  idempotencyKey: record.header(HEADERS.id) ?? id,
});
