/** Looks at the dead letters of all sources from time to time, so that status and metrics know whether they grow. */
import { Periodic } from '@tenon/loops';
import type { Clock, Logger, MetricSample } from '@tenon/ports';
import type { LetterBook } from './letter-book';
import { LATELY_MS } from './letter-book';

/** Milliseconds. */
const LOOK_EVERY = 5000;
const MOST_REASONS = 3;

/** Dead letters of a source that came within the last minutes and that nobody has settled. */
export interface RefusedLately {
  readonly source: string;
  readonly count: number;
  readonly minutes: number;
  /** The most frequent first: `schema-violation 12`. */
  readonly reasons: readonly string[];
}

export class LetterWatch {
  private readonly looking: Periodic;
  private open: readonly MetricSample[] = [];

  constructor(
    deps: { readonly clock: Clock; readonly logger: Logger },
    private readonly books: readonly LetterBook[],
  ) {
    this.looking = new Periodic(
      deps,
      'dead letters',
      () => LOOK_EVERY,
      () => this.look(),
    );
  }

  start(): void {
    this.looking.start();
  }

  /** Of each source that has some, as of the last look. */
  lately(): readonly RefusedLately[] {
    return this.books.flatMap((book) => {
      const counts = [...book.lately()].sort(([, a], [, b]) => b - a);
      const count = counts.reduce((sum, [, of]) => sum + of, 0);
      if (count === 0) return [];
      const reasons = counts.slice(0, MOST_REASONS).map(([reason, of]) => `${reason} ${of}`);
      return [{ source: book.source, count, minutes: LATELY_MS / 60_000, reasons }];
    });
  }

  /** Letters that nobody has settled, by source, as of the last look. */
  samples(): readonly MetricSample[] {
    return this.open;
  }

  private async look(): Promise<void> {
    const open: MetricSample[] = [];
    for (const book of this.books) {
      const counts = await book.counts();
      const value = [...counts.values()].reduce((sum, count) => sum + count, 0);
      open.push({ labels: { source: book.source }, value });
    }
    this.open = open;
  }

  stop(): Promise<void> {
    return this.looking.stop();
  }
}
