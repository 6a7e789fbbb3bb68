import { isSampled } from './sampled';

/** Links of one span at most: what a micro-batch of thousands of events may cost. */
export const MAX_LINKS = 128;

/** Gathers the sampled contexts among those that it is shown: each once, MAX_LINKS of them at most. */
export class Links {
  private readonly found = new Set<string>();
  private last: string | undefined;

  get empty(): boolean {
    return this.found.size === 0;
  }

  get full(): boolean {
    return this.found.size >= MAX_LINKS;
  }

  add(traceparent: string | undefined): void {
    // The records of one append carry the same one.
    if (traceparent === undefined || traceparent === this.last || this.full) return;
    this.last = traceparent;
    if (isSampled(traceparent)) this.found.add(traceparent);
  }

  list(): readonly string[] {
    return [...this.found];
  }
}
