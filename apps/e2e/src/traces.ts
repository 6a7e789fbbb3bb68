/** Traces as a viewer shows them: what follows from a span, through its children and through links. */
import type { ReceivedSpan } from '@tenon/testing';

/** All spans that follow from a trace, in the order in which they are found. */
export function following(spans: readonly ReceivedSpan[], traceId: string): readonly ReceivedSpan[] {
  const known = new Set<ReceivedSpan>(spans.filter((span) => span.traceId === traceId));
  for (const cause of known) for (const span of spans) if (isCausedBy(span, cause)) known.add(span);
  return [...known];
}

export const isChild = (span: ReceivedSpan, parent: ReceivedSpan): boolean =>
  span.traceId === parent.traceId && span.parentSpanId === parent.spanId;

export const isLinked = (span: ReceivedSpan, to: ReceivedSpan): boolean =>
  span.links.some(({ traceId, spanId }) => traceId === to.traceId && spanId === to.spanId);

const isCausedBy = (span: ReceivedSpan, cause: ReceivedSpan) => isChild(span, cause) || isLinked(span, cause);

export const titleOf = ({ service, name }: ReceivedSpan): string => `${service}: ${name}`;

/** The one that is called so. @throws where there is none, with what there is */
export function spanOf(spans: readonly ReceivedSpan[], title: string): ReceivedSpan {
  const found = spans.find((span) => titleOf(span) === title);
  if (found === undefined) throw new Error(`no span ${title} among\n${spans.map(titleOf).sort().join('\n')}`);
  return found;
}
