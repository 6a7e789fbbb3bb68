/**
 * Questions that are read at one time are few, so that what else the process does has its turns between them; others wait in line, in
 * the order in which they came, and beyond that are told to come back. Who waits for a receipt is not in here: that reads nothing.
 */
import { HttpProblem } from '@tenon/errors';

export interface QuestionLimits {
  /** Questions that are read at one time. */
  readonly atOnce: number;
  /** Questions that wait for that. */
  readonly waiting: number;
}

const RETRY_AFTER_S = '1';

export class QuestionQueue {
  private running = 0;
  private readonly line = new Set<() => void>();

  constructor(private readonly limits: QuestionLimits) {}

  get size(): { readonly reading: number; readonly waiting: number } {
    return { reading: this.running, waiting: this.line.size };
  }

  /**
   * @param signal is asked for only by who has to wait; once it aborts, the question is nobody's any more
   * @throws HttpProblem 503 `too-many-questions`
   */
  async run<T>(signal: () => AbortSignal, read: () => Promise<T>): Promise<T> {
    if (this.running < this.limits.atOnce) this.running += 1;
    else await this.turn(signal());
    try {
      return await read();
    } finally {
      this.leave();
    }
  }

  private leave(): void {
    const [next] = this.line;
    if (next === undefined) this.running -= 1;
    else next();
  }

  /** Resolves with the place of somebody who has left. */
  private turn(signal: AbortSignal): Promise<void> {
    if (this.line.size >= this.limits.waiting) throw tooMany();
    return new Promise((resolve, reject) => {
      const go = () => {
        this.line.delete(go);
        signal.removeEventListener('abort', give);
        resolve();
      };
      const give = () => {
        this.line.delete(go);
        reject(tooMany());
      };
      if (signal.aborted) return give();
      signal.addEventListener('abort', give, { once: true });
      this.line.add(go);
    });
  }
}

const tooMany = () =>
  new HttpProblem(
    503,
    'too-many-questions',
    'More questions are waiting than this instance takes.',
    { hint: 'Ask again after Retry-After, or ask another instance.' },
    { 'retry-after': RETRY_AFTER_S },
  );
