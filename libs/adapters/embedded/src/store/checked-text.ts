/**
 * Documents as they stand in lmdb: JSON, a line feed, and the CRC-32 of the JSON's UTF-8 in 8 hex digits. JSON cannot end like
 * that, so documents of releases that wrote none are told apart, and read unchecked.
 */
import { parseDocument, productOfKey } from '@tenon/contracts';
import { DamagedDocument } from '@tenon/errors';
import type { StoreTable } from '@tenon/ports';
import { crc32 } from '../files/crc32';

/** A line feed and 8 digits. */
const TAIL = 9;
const LINE_FEED = 10;

const digits = (json: string) => crc32(json).toString(16).padStart(8, '0');

export const checkedText = (json: string) => `${json}\n${digits(json)}`;

/** The JSON of a text of the store. @throws DamagedDocument where it is not what was written */
function jsonOf(table: StoreTable, key: string, text: string): string {
  const end = text.length - TAIL;
  if (end < 1 || text.charCodeAt(end) !== LINE_FEED) return text;
  const json = text.slice(0, end);
  if (digits(json) !== text.slice(end + 1)) {
    throw new DamagedDocument(table, key, productOfKey(key), undefined, 'its checksum is another one');
  }
  return json;
}

/** @throws DamagedDocument */
export const documentOf = <T>(table: StoreTable, key: string, text: string): T =>
  parseDocument<T>(table, key, jsonOf(table, key, text));
