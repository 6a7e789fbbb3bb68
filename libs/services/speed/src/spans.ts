/** The spans of a micro-batch: it links to the events that it takes on, and its flushes carry it on. */
import { HEADERS, TOPICS } from '@tenon/contracts';
import type { LogRecord, Span, Tracer } from '@tenon/ports';
import { Links, contextHeaders, startMessaging, within } from '@tenon/telemetry';
import type { PendingFlush } from './flush';
import type { Round } from './records';

/**
 * Runs `fold` in a span that links to the events' spans (MAX_LINKS at most), and to the cut that ends the epoch. Where
 * none of them is sampled there is no span: the layer begins no traces.
 */
export function traceMicroBatch(
  tracer: Tracer,
  source: string,
  rounds: readonly { readonly round: Round }[],
  fold: (span: Span | undefined) => Promise<void>,
): Promise<void> {
  const links = linksOf(rounds);
  if (links.length === 0) return fold(undefined);
  const events = rounds.reduce((sum, { round }) => sum + round.events.length, 0);
  const span = startMessaging(tracer, 'process', tracer.systems.log, TOPICS.events(source), {
    links,
    attributes: { 'messaging.batch.message_count': events, 'tenon.partitions': rounds.length },
  });
  return within(span, () => fold(span));
}

function linksOf(rounds: readonly { readonly round: Round }[]): readonly string[] {
  const links = new Links();
  const add = (record: LogRecord) => links.add(record.header(HEADERS.traceparent));
  for (const { round } of rounds) if (round.barrier !== null) add(round.barrier.record);
  for (const { round } of rounds)
    for (const { record } of round.events) {
      if (links.full) return links.list();
      add(record);
    }
  return links.list();
}

/** Appends a flush in a span of its own, which its frames name. */
export function traceFlush(
  tracer: Tracer,
  parent: Span,
  flush: PendingFlush,
  append: (flush: PendingFlush) => Promise<void>,
): Promise<void> {
  const span = startMessaging(tracer, 'send', tracer.systems.log, flush.topic, {
    parent: parent.traceparent,
    attributes: { 'messaging.batch.message_count': flush.records.length, 'tenon.cells': flush.cells },
  });
  const context = contextHeaders(span);
  const records = flush.records.map((record) => ({ ...record, headers: { ...record.headers, ...context } }));
  return within(span, () => append({ ...flush, records }));
}
