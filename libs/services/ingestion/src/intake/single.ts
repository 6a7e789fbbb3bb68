/** A call with one event: it is taken, or the whole call is refused. */
import { CORRELATION_HEADER, encodeReceipt } from '@tenon/contracts';
import type { HttpResponse } from '@tenon/ports';
import type { Rejection } from '../events/rejection';
import type { Prepared } from '../events/source-rules';
import type { Call } from './call';
import type { SourceDesk } from './source-desk';

/** @throws HttpProblem 400, 413 or 422, after the event has become a dead letter */
export async function takeSingle(
  desk: SourceDesk,
  call: Call,
  outcome: Prepared | Rejection,
  bytes: Uint8Array,
  id?: string,
): Promise<HttpResponse> {
  if (!outcome.ok) return refuse(desk, call, outcome, bytes, id);
  const { record, correlationId } = outcome;
  const offset = (await desk.appender.append([record], call))[0] as number;
  if (outcome.late) desk.appender.late += 1;
  const { partition } = record;
  const receipt = encodeReceipt({ [desk.name]: { [partition]: offset + 1 } });
  const text = answerText(call, JSON.stringify(desk.name), correlationId, partition, offset, receipt);
  // The answer names the event's own correlation ID where the client sent none beside it.
  const own = !call.correlationGiven && correlationId !== call.correlationId;
  return {
    status: 202,
    headers: own ? { ...JSON_TYPE, [CORRELATION_HEADER]: correlationId } : JSON_TYPE,
    text,
  };
}

const JSON_TYPE = { 'content-type': 'application/json' };

/** JSON of `IngestAnswer` (contracts); written by hand, as it is the answer of the hot path. */
function answerText(
  call: Call,
  source: string,
  correlationId: string,
  partition: number,
  offset: number,
  receipt: string,
): string {
  const place = `"correlationId":${JSON.stringify(correlationId)},"position":{"source":${source},"partition":${partition},"offset":${offset}}`;
  const items = call.items === 'all' ? `,"items":[{"index":0,"code":"accepted",${place}}]` : '';
  return `{"accepted":1,"rejected":0,"receipt":"${receipt}",${place}${items}}`;
}

/** Always throws. */
export async function refuse(
  desk: SourceDesk,
  call: Call,
  rejection: Rejection,
  bytes: Uint8Array,
  id: string | undefined = call.idempotencyKey,
): Promise<never> {
  const { correlationId, contentType } = call;
  desk.appender.rejected += 1;
  await desk.deadLetters.bury([{ bytes, rejection, correlationId, contentType, id }]);
  throw rejection.problem();
}
