/** Reading records of an events topic: what is control, and what an event's identity is, without parsing the event. */
import { IDENTITY_BYTES, hashHex96 } from '@tenon/domain';
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

/** The text of the identity header. `digest` is 8 hex digits over the event's data. */
export function identityText(source: string, id: string, digest: string): string {
  return hashHex96(source, id) + digest;
}

/** The identity of an event for `DedupeWindow.check`; undefined for a record without one, which has no duplicates. */
export function identityOf(record: HeaderedRecord): Uint8Array | undefined {
  const bytes = record.headerBytes(HEADERS.identity);
  return bytes?.length === IDENTITY_BYTES ? bytes : undefined;
}
