/** Events that were refused, as they came: so that they can be looked at, mended and sent again. */
import { HEADERS, TOPICS, versionText } from '@tenon/contracts';
import type { EventLog, Logger, NewRecord } from '@tenon/ports';
import type { Rejection } from '../events/rejection';

export interface DeadLetter {
  readonly bytes: Uint8Array | string;
  readonly rejection: Rejection;
  readonly correlationId: string;
  readonly contentType: string;
}

/** Kafka refuses records over 1 MB unless told otherwise. */
const MAX_BYTES = 900_000;

const MAX_DETAIL = 1_000;

export class DeadLetters {
  private readonly topic: string;

  constructor(
    private readonly log: EventLog,
    private readonly logger: Logger,
    source: string,
  ) {
    this.topic = TOPICS.deadLetters(source);
  }

  /** Never rejects: the client learns of the rejection in any case, and can keep what it has. */
  async bury(letters: readonly DeadLetter[]): Promise<void> {
    if (letters.length === 0) return;
    try {
      await this.log.append(this.topic, letters.map(recordOf));
    } catch (error) {
      const { correlationId } = letters[0] as DeadLetter;
      this.logger.warn(
        { correlationId, topic: this.topic, count: letters.length, err: error },
        'dead letters lost',
      );
    }
  }
}

function recordOf({ bytes, rejection, correlationId, contentType }: DeadLetter): NewRecord {
  const whole = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  const headers: Record<string, string> = {
    [HEADERS.version]: versionText('dead-letter'),
    [HEADERS.reason]: rejection.code,
    [HEADERS.detail]: rejection.detail.slice(0, MAX_DETAIL),
    [HEADERS.correlationId]: correlationId,
    [HEADERS.contentType]: contentType,
  };
  if (whole.length > MAX_BYTES) headers[HEADERS.truncated] = String(whole.length);
  return { partition: 0, key: null, value: whole.subarray(0, MAX_BYTES), headers };
}
