/** The span of a run: linked to the cut that asked for it, and carried on by its frames. */
import type { Generation, Plan } from '@tenon/domain';
import type { Span, Tracer } from '@tenon/ports';
import { isSampled } from '@tenon/telemetry';
import type { CompleteCut } from '../archive/complete-cut';

export function startRun(tracer: Tracer, plan: Plan, base: Generation, cut: CompleteCut): Span {
  return tracer.start(`run ${plan.product}`, {
    links: isSampled(cut.trace) ? [cut.trace] : [],
    attributes: {
      'tenon.product': plan.product,
      'tenon.generation.from': cut.full ? 0 : base,
      'tenon.generation.to': cut.epoch,
    },
  });
}
