/** Reading records of an events topic: what is control, and what an event's identity is, without parsing the event. */
import type { Barrier } from './event';
import { BARRIER } from './event';
import { HEADERS } from './names';

/** The part of a log record that is read here. */
export interface HeaderedRecord {
  readonly value: Uint8Array;
  header(name: string): string | undefined;
  headerBytes(name: string): Uint8Array | undefined;
}

/** True for control records of any kind, known to this version or not. */
export function isControl(record: HeaderedRecord): boolean {
  return record.headerBytes(HEADERS.control) !== undefined;
}

/** The barrier in a control record, or null if it is none that this version can read. */
export function barrierOf(record: HeaderedRecord): Barrier | null {
  if (record.header(HEADERS.control) !== BARRIER) return null;
  try {
    const value = JSON.parse(Buffer.from(record.value).toString('utf8')) as Barrier | null;
    return value?.v === 1 && Number.isSafeInteger(value.epoch) ? value : null;
  } catch {
    return null;
  }
}

const NO_BYTES = new Uint8Array(0);

/** What an event is compared by in the dedupe window; null for a record without an id, which has no duplicates. */
export function identityOf(
  record: HeaderedRecord,
): { source: Uint8Array; id: Uint8Array; digest: string } | null {
  const id = record.headerBytes(HEADERS.id);
  if (id === undefined) return null;
  return {
    source: record.headerBytes(HEADERS.source) ?? NO_BYTES,
    id,
    digest: record.header(HEADERS.digest) ?? '',
  };
}
