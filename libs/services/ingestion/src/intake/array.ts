/** A call with an array of events: each is taken or refused by itself, and those that are taken go in together. */
import { HttpProblem } from '@tenon/errors';
import type { HttpResponse } from '@tenon/ports';
import { Conflicts } from '../events/conflicts';
import { stringifyExactly } from '../events/exact-integers';
import type { Rejection } from '../events/rejection';
import type { Prepared } from '../events/source-rules';
import { idempotentId } from '../events/source-rules';
import type { DeadLetter } from '../log/dead-letters';
import type { Call } from './call';
import type { Prepare } from './prepare';
import { CallReport, itemOf } from './report';
import type { SourceDesk } from './source-desk';

/**
 * @param prepare for the items: plain data or CloudEvents
 * @throws HttpProblem 413 for too many items, 422 `id-conflict` where the call contradicts itself: then none is taken
 */
export async function takeArray(
  desk: SourceDesk,
  call: Call,
  items: readonly unknown[],
  escapes: boolean,
  prepare: Prepare,
): Promise<HttpResponse> {
  const { maxArrayItems, maxAnswerItems } = desk.config;
  if (items.length > maxArrayItems) {
    const detail = `A batch may hold ${maxArrayItems} events; application/x-ndjson takes any number.`;
    throw new HttpProblem(413, 'too-many-items', detail, { limit: maxArrayItems });
  }
  const outcomes = items.map((item, index) => prepare(desk.rules, call, item, escapes, index));
  refuseContradictions(desk, outcomes);
  const report = new CallReport(desk.name, call.items, maxAnswerItems);
  const letters: DeadLetter[] = [];
  const taken: { index: number; event: Prepared }[] = [];
  outcomes.forEach((outcome, index) => {
    if (outcome.ok) {
      taken.push({ index, event: outcome });
    } else {
      report.reject(index, outcome);
      letters.push(letterOf(call, items[index], outcome, index));
    }
  });
  desk.appender.rejected += letters.length;
  await desk.deadLetters.bury(letters);
  const offsets = await desk.appender.append(
    taken.map(({ event }) => event.record),
    call,
  );
  taken.forEach(({ index, event }, at) => {
    report.accept(index, event, offsets[at] as number);
    if (event.late) desk.appender.late += 1;
  });
  return { status: 202, json: report.answer() };
}

function refuseContradictions(desk: SourceDesk, outcomes: readonly (Prepared | Rejection)[]): void {
  const conflicts = new Conflicts();
  const items = outcomes.flatMap((outcome, index) => {
    const conflict = outcome.ok ? conflicts.check(outcome) : null;
    return conflict === null ? [] : [itemOf(index, conflict)];
  });
  if (items.length === 0) return;
  desk.appender.rejected += outcomes.length;
  const detail = 'The call holds events with the same source and id and other data, so none of it was taken.';
  throw new HttpProblem(422, 'id-conflict', detail, { items });
}

function letterOf(call: Call, item: unknown, rejection: Rejection, index: number): DeadLetter {
  const { correlationId } = call;
  const id = idempotentId(call.idempotencyKey, index) ?? undefined;
  return { bytes: textOf(item), rejection, correlationId, contentType: 'application/json', id };
}

/** The item as it was parsed: in an array it has no bytes of its own. */
function textOf(item: unknown): string {
  try {
    return stringifyExactly(item) ?? '';
  } catch {
    // Nested too deep to be written again.
    return '';
  }
}
