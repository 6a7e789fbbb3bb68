/** Events of the log that could not count, as records of the source's dead-letter topic: whole, with the reason. */
import { HEADERS, versionText } from '@tenon/contracts';
import type { EngineEvent, LogRecord, NewRecord, Refused } from '@tenon/ports';

/** A record that was refused, and why. */
export interface DeadLetter {
  readonly reason: Refused;
  readonly record: LogRecord;
}

/** Longer ones say no more. */
const DETAIL_CHARS = 1000;

/** The records that the engine refused, found among those that it was given. */
export function lettersOf(refused: readonly Refused[], events: readonly EngineEvent[]): DeadLetter[] {
  if (refused.length === 0) return [];
  const records = new Map(events.map(({ partition, record }) => [`${partition}/${record.offset}`, record]));
  return refused.flatMap((reason) => {
    const record = records.get(`${reason.partition}/${reason.offset}`);
    return record === undefined ? [] : [{ reason, record }];
  });
}

/** Value and headers as they were; the key is the event's place, so that a repeat after a crash is known as one. */
export function letterRecord({ reason, record }: DeadLetter): NewRecord {
  return {
    partition: 0,
    key: `${reason.partition}/${reason.offset}`,
    value: record.value,
    headers: {
      ...record.headers(),
      [HEADERS.reason]: reason.code,
      [HEADERS.detail]: reason.detail.slice(0, DETAIL_CHARS),
      [HEADERS.partition]: String(reason.partition),
      [HEADERS.offset]: String(reason.offset),
      [HEADERS.version]: versionText('dead-letter-of-speed'),
    },
  };
}
