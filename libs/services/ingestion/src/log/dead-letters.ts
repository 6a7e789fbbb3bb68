/** Events that were refused, as they came: so that they can be looked at, mended and sent again. */
import { HEADERS, TOPICS, versionText } from '@tenon/contracts';
import type { LetterLimits } from '@tenon/domain';
import { LetterBudget } from '@tenon/domain';
import type { Clock, EventLog, Logger, NewRecord } from '@tenon/ports';
import type { Rejection } from '../events/rejection';

export interface DeadLetter {
  readonly bytes: Uint8Array | string;
  readonly rejection: Rejection;
  readonly correlationId: string;
  readonly contentType: string;
  /** The id that the client gave, where the bytes do not have it. */
  readonly id?: string | undefined;
  /** Where it was taken from, if that is a stream that others write. */
  readonly origin?: string;
}

/** Kafka refuses records over 1 MB unless told otherwise. */
const MAX_BYTES = 900_000;

const MAX_DETAIL = 1_000;

export class DeadLetters {
  private readonly topic: string;
  private readonly budget: LetterBudget;
  /** Code → events that were refused for it, kept or not. */
  readonly codes = new Map<string, number>();

  constructor(
    private readonly log: EventLog,
    private readonly clock: Clock,
    private readonly logger: Logger,
    source: string,
    limits?: LetterLimits,
  ) {
    this.topic = TOPICS.deadLetters(source);
    this.budget = new LetterBudget(limits);
  }

  get totals(): LetterBudget['totals'] {
    return this.budget.totals;
  }

  /** Never rejects: the client learns of the rejection in any case, and can keep what it has. */
  async bury(letters: readonly DeadLetter[]): Promise<void> {
    const records = this.within(letters);
    if (records.length === 0) return;
    try {
      await this.log.append(this.topic, records);
    } catch (error) {
      const { correlationId } = letters[0] as DeadLetter;
      this.logger.warn(
        { correlationId, topic: this.topic, count: records.length, err: error },
        'dead letters lost',
      );
    }
  }

  /** The same for those who go on only once the letters stand there. @throws what the log throws */
  async keep(letters: readonly DeadLetter[]): Promise<void> {
    const records = this.within(letters);
    if (records.length > 0) await this.log.append(this.topic, records);
  }

  private within(letters: readonly DeadLetter[]): NewRecord[] {
    for (const { rejection } of letters)
      this.codes.set(rejection.code, (this.codes.get(rejection.code) ?? 0) + 1);
    const before = this.budget.within;
    const now = this.clock.now();
    const kept = letters.map(recordOf).filter(({ value }) => this.budget.admits(value?.length ?? 0, now));
    if (before && !this.budget.within)
      this.logger.warn(
        { topic: this.topic },
        'dead letters beyond what an hour may hold: counted, a few kept',
      );
    return kept;
  }
}

function recordOf({ bytes, rejection, correlationId, contentType, id, origin }: DeadLetter): NewRecord {
  const whole = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  const headers: Record<string, string> = {
    [HEADERS.version]: versionText('dead-letter'),
    [HEADERS.reason]: rejection.code,
    [HEADERS.detail]: rejection.detail.slice(0, MAX_DETAIL),
    [HEADERS.correlationId]: correlationId,
    [HEADERS.contentType]: contentType,
  };
  if (origin !== undefined) headers[HEADERS.origin] = origin;
  if (id !== undefined) headers[HEADERS.id] = id;
  if (whole.length > MAX_BYTES) headers[HEADERS.truncated] = String(whole.length);
  return { partition: 0, key: null, value: whole.subarray(0, MAX_BYTES), headers };
}
