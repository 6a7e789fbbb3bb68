/** Writes the dead letters of a source, as many as an hour may hold. */
import { TOPICS } from '@tenon/contracts';
import type { SourceDefinition } from '@tenon/domain';
import { LetterBudget } from '@tenon/domain';
import { Outage } from '@tenon/loops';
import type { DeadLetter } from './dead-letters';
import { letterRecord } from './dead-letters';
import type { SpeedDeps } from './deps';
import { writeRecords } from './outbox';

export class LetterBox {
  private readonly topic: string;
  private readonly outage: Outage;
  private readonly budget: LetterBudget;
  private written = 0;
  /** `<product>:<code>`, or a code for all products → events. */
  private readonly reasons = new Map<string, number>();

  constructor(
    private readonly deps: SpeedDeps,
    private readonly source: SourceDefinition,
  ) {
    this.topic = TOPICS.deadLetters(source.name);
    this.outage = new Outage(deps, this.topic);
    this.budget = new LetterBudget(deps.config.deadLetters);
  }

  /** What it waits for, in words; null: nothing. */
  get trouble(): string | null {
    return this.outage.trouble;
  }

  /** Records that were dead-lettered, kept or not. */
  get count(): number {
    return this.written;
  }

  /** Of a product's own and of all products', by their codes. */
  refusals(): { readonly product: string; readonly code: string; readonly count: number }[] {
    return [...this.reasons].map(([reason, count]) => {
      const [code = '', product = ''] = reason.split(':').reverse();
      return { product, code, count };
    });
  }

  /** How many were kept, and how many counted alone. */
  get totals(): { readonly kept: number; readonly counted: number } {
    return this.budget.totals;
  }

  /** Waits for the log until the signal aborts. */
  async write(letters: readonly DeadLetter[], signal: AbortSignal): Promise<void> {
    if (letters.length === 0) return;
    const now = this.deps.clock.now();
    const kept = letters.map(letterRecord).filter(({ value }) => this.budget.admits(value?.length ?? 0, now));
    if (kept.length > 0) await writeRecords(this.deps, this.outage, this.topic, kept, signal);
    this.written += letters.length;
    for (const { reason } of letters) this.reasons.set(reason.code, (this.reasons.get(reason.code) ?? 0) + 1);
    this.deps.logger.warn(
      { source: this.source.name, count: letters.length, first: letters[0]?.reason },
      'events were dead-lettered',
    );
  }
}
