import type { Epoch } from '@tenon/domain';
import { isSampled } from '@tenon/telemetry';

/** The contexts of the cuts whose barriers were read here and that no run has used yet. */
export class CutContexts {
  private readonly contexts = new Map<Epoch, string>();

  note(epoch: Epoch, traceparent: string | undefined): void {
    if (isSampled(traceparent)) this.contexts.set(epoch, traceparent);
    for (const known of this.contexts.keys()) {
      if (this.contexts.size <= KEPT) return;
      this.contexts.delete(known);
    }
  }

  of(epoch: Epoch): string | undefined {
    return this.contexts.get(epoch);
  }
}

const KEPT = 64;
