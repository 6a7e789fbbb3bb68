import type { Logger, MetricSample, Metrics } from '@tenon/ports';

/**
 * What was read and is no message of Tenon's: counted by its kind, and logged with where it stands. Of many of one kind the 1st,
 * 2nd, 4th, 8th, … is logged, so that no stranger fills the logs.
 */
export class PassedOver {
  private readonly counts = new Map<string, number>();

  constructor(private readonly logger: Logger) {}

  /** @param kind the message that it should have been, or `batch` @param facts where it stands and what is wrong */
  add(kind: string, facts: Readonly<Record<string, unknown>>): void {
    const count = this.count(kind);
    if ((count & (count - 1)) === 0)
      this.logger.warn({ message: kind, ...facts, count }, 'passed over what is no message of this kind');
  }

  /** Of what is logged where it was found. @returns how many of its kind there have been */
  count(kind: string): number {
    const count = (this.counts.get(kind) ?? 0) + 1;
    this.counts.set(kind, count);
    return count;
  }

  measure(metrics: Metrics): void {
    metrics.counter(
      'tenon_unreadable_messages_total',
      'What was read and is no message, by what it should have been.',
      () => this.samples(),
    );
  }

  samples(): readonly MetricSample[] {
    return [...this.counts].map(([message, value]) => ({ labels: { message }, value }));
  }
}
