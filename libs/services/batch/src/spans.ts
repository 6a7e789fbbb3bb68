/** The span of a run: linked to the cut that asked for it, and carried on by its frames. */
import type { Plan } from '@tenon/domain';
import type { Span, Tracer } from '@tenon/ports';
import { isSampled } from '@tenon/telemetry';
import type { CompleteCut } from './archiver';

export function startRun(tracer: Tracer, plan: Plan, base: number, cut: CompleteCut): Span {
  return tracer.start(`run ${plan.product}`, {
    links: isSampled(cut.trace) ? [cut.trace] : [],
    attributes: {
      'tenon.product': plan.product,
      'tenon.generation.from': cut.full ? 0 : base,
      'tenon.generation.to': cut.epoch,
    },
  });
}

/** The contexts of the cuts whose barriers were read here and that no run has used yet. */
export class CutContexts {
  private readonly contexts = new Map<number, string>();

  note(epoch: number, traceparent: string | undefined): void {
    if (isSampled(traceparent)) this.contexts.set(epoch, traceparent);
    for (const known of this.contexts.keys()) {
      if (this.contexts.size <= KEPT) return;
      this.contexts.delete(known);
    }
  }

  of(epoch: number): string | undefined {
    return this.contexts.get(epoch);
  }
}

const KEPT = 64;
