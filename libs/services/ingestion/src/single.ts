/** A call with one event: it is taken, or the whole call is refused. */
import { encodeReceipt } from '@tenon/contracts';
import type { IngestAnswer } from '@tenon/contracts';
import type { HttpResponse } from '@tenon/ports';
import type { Call, SourceDesk } from './call';
import { correlationOf } from './call';
import type { Rejection } from './rejection';
import type { Prepared } from './intake';

/** @throws HttpProblem 400, 413 or 422, after the event has become a dead letter */
export async function takeSingle(
  desk: SourceDesk,
  call: Call,
  outcome: Prepared | Rejection,
  bytes: Uint8Array,
): Promise<HttpResponse> {
  if (!outcome.ok) return refuse(desk, call, outcome, bytes);
  const { record, correlationId } = outcome;
  const offset = (await desk.appender.append([record]))[0] as number;
  if (outcome.late) desk.appender.late += 1;
  const { partition } = record;
  const position = { source: desk.name, partition, offset };
  const answer: IngestAnswer = {
    accepted: 1,
    rejected: 0,
    receipt: encodeReceipt({ [desk.name]: { [partition]: offset + 1 } }),
    correlationId,
    position,
    ...(call.items === 'all' && { items: [{ index: 0, code: 'accepted', correlationId, position }] }),
  };
  return { status: 202, json: answer, ...correlationOf(call, correlationId) };
}

/** Always throws. */
export async function refuse(
  desk: SourceDesk,
  call: Call,
  rejection: Rejection,
  bytes: Uint8Array,
): Promise<never> {
  const { correlationId, contentType } = call;
  desk.appender.rejected += 1;
  await desk.deadLetters.bury([{ bytes, rejection, correlationId, contentType }]);
  throw rejection.problem();
}
