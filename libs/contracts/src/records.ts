/** Reading records of an events topic: what is control, and what an event's identity is, without parsing the event. */
import type { Judgement, Offset, PartitionJudge } from '@tenon/domain';
import { IDENTITY_BYTES, hashHex96 } from '@tenon/domain';
import type { Barrier, CutRecord } from './event';
import { BARRIER, LOST } from './event';
import { misfit } from './guards';
import { mustRead } from './must-read';
import { HEADERS } from './names';
import type { UnknownVersion } from './versions';
import { unknownVersion } from './versions';

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

/**
 * The barrier in a control record. Null if it is none, or a control record of a kind that this release does not know: such
 * kinds may be passed over, and whoever makes one sees to that.
 */
export function barrierOf(record: HeaderedRecord): Barrier | UnknownVersion | null {
  if (record.header(HEADERS.control) !== BARRIER) return null;
  const barrier = parse(record.value) as Barrier | null | undefined;
  return (
    unknownVersion('barrier', barrier?.v) ?? (misfit('barrier', barrier) === undefined ? barrier! : null)
  );
}

/** A record of `tenon.cuts`; null if it is none. */
export function cutOf(record: Pick<HeaderedRecord, 'value'>): CutRecord | UnknownVersion | null {
  const cut = parse(record.value) as CutRecord | null | undefined;
  return unknownVersion('cut', cut?.v) ?? (misfit('cut', cut) === undefined ? cut! : null);
}

function parse(value: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(value).toString('utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Asked of records that have no identity and are no control records. The identity header vouches for version 1 of the event
 * format: a writer of an event that version 1 can't read must not give it that header. So readers look at the version of
 * such records only, and the others cost nothing.
 */
export function unknownEvent(record: HeaderedRecord): UnknownVersion | undefined {
  return unknownVersion('event', record.header(HEADERS.version));
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

/**
 * What a record is, for every reader of the log alike.
 *
 * @param place of the partition, for the error
 * @throws UnsupportedVersion
 */
export function judgeRecord(
  judge: PartitionJudge,
  record: HeaderedRecord & { readonly offset: Offset },
  place: string,
): Judgement {
  const identity = identityOf(record);
  const { offset } = record;
  if (identity !== undefined) return judge.event(offset, identity);
  const where = () => `${place}, offset ${offset}`;
  if (!isControl(record)) {
    mustRead(unknownEvent(record), where);
    return judge.event(offset, undefined);
  }
  if (record.header(HEADERS.control) === LOST) return judge.lost(offset);
  if (offset < judge.next) return judge.control(offset, null);
  return judge.control(offset, mustRead(barrierOf(record), where)?.epoch ?? null);
}
