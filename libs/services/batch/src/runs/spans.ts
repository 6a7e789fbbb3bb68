/** The span of a run: linked to the cut that asked for it, and carried on by its frames. */
import type { Plan, RangeHead } from '@tenon/domain';
import type { Span, Tracer } from '@tenon/ports';
import { isSampled } from '@tenon/telemetry';

/** @param trace the traceparent of the cut's span, where that is known */
export function startRun(
  tracer: Tracer,
  plan: Plan,
  { from, to }: Pick<RangeHead, 'from' | 'to'>,
  trace: string | undefined,
): Span {
  return tracer.start(`run ${plan.product}`, {
    links: isSampled(trace) ? [trace] : [],
    attributes: {
      'tenon.product': plan.product,
      'tenon.generation.from': from,
      'tenon.generation.to': to,
    },
  });
}
