/** Appends what was taken from a stream, dead letters first: how far it was taken may be noted once both are durable. */
import { HEADERS } from '@tenon/contracts';
import { TooLarge } from '@tenon/errors';
import type { NewRecord } from '@tenon/ports';
import { eventTooLarge } from '../events/source-rules';
import type { SourceDesk } from '../intake/source-desk';
import type { DeadLetter } from '../log/dead-letters';

const NO_CAUSE = { trace: undefined, traceparent: undefined };

export class FeedWriter {
  /** An append has an outcome that nobody knows: nothing more may be noted before everything has begun anew. */
  isUnsure = false;
  readonly totals = { taken: 0, refused: 0, repeated: 0 };

  constructor(
    private readonly desk: SourceDesk,
    /** Asked right before each append. @throws Unavailable where others may have the lanes by now */
    private readonly check: () => void,
  ) {}

  /** @throws what the log throws, and what `check` throws */
  async write(events: readonly NewRecord[], letters: readonly DeadLetter[]): Promise<void> {
    this.isUnsure = true;
    this.check();
    await this.keep(letters);
    this.check();
    try {
      await this.desk.appender.append(events, NO_CAUSE);
    } catch (error) {
      if (!(error instanceof TooLarge)) throw error;
      await this.writeEach(events);
    }
    this.isUnsure = false;
    this.totals.taken += events.length;
  }

  private async keep(letters: readonly DeadLetter[]): Promise<void> {
    await this.desk.deadLetters.keep(letters);
    this.desk.appender.rejected += letters.length;
    this.totals.refused += letters.length;
  }

  /** One of them is more than the log takes: only that one is refused. */
  private async writeEach(events: readonly NewRecord[]): Promise<void> {
    for (const event of events) {
      try {
        await this.desk.appender.append([event], NO_CAUSE);
      } catch (error) {
        if (!(error instanceof TooLarge)) throw error;
        const rejection = eventTooLarge(this.desk.config.maxEventBytes);
        const origin = event.headers?.[HEADERS.origin] ?? '';
        const correlationId = event.headers?.[HEADERS.correlationId] ?? origin;
        const bytes = event.value;
        await this.keep([{ bytes, rejection, correlationId, contentType: 'application/json', origin }]);
      }
    }
  }
}
