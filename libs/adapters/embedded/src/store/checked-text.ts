/**
 * Documents as they stand in lmdb: JSON, a line feed, and the CRC-32 of the JSON's UTF-8 in 8 hex digits. JSON cannot end like
 * that, so documents of releases that wrote none are told apart, and read unchecked.
 */
import { parseDocument, productOfKey } from '@tenon/contracts';
import { DamagedDocument } from '@tenon/errors';
import type { StoreTable } from '@tenon/ports';
import { asciiCrc32, crc32 } from '../files/crc32';

/** A line feed and 8 digits. */
const TAIL = 9;
const LINE_FEED = 10;
const DIGITS = '0123456789abcdef';
const SHORT = 1024;

const digits = (json: string) => crc32(json).toString(16).padStart(8, '0');

export const checkedText = (json: string) => `${json}\n${digits(json)}`;

/** In a loop, which is quicker than a call for what is short; most documents are. */
function isWhole(text: string, json: string): boolean {
  const crc = json.length < SHORT ? asciiCrc32(text, json.length) : null;
  if (crc === null) return digits(json) === text.slice(json.length + 1);
  for (let digit = 0; digit < 8; digit += 1)
    if (text.charCodeAt(json.length + 1 + digit) !== DIGITS.charCodeAt((crc >>> (28 - 4 * digit)) & 15))
      return false;
  return true;
}

/** The JSON of a text of the store. @throws DamagedDocument where it is not what was written */
function jsonOf(table: StoreTable, key: string, text: string): string {
  const end = text.length - TAIL;
  if (end < 1 || text.charCodeAt(end) !== LINE_FEED) return text;
  const json = text.slice(0, end);
  if (!isWhole(text, json)) {
    throw new DamagedDocument(table, key, productOfKey(key), undefined, 'its checksum is another one');
  }
  return json;
}

/** @throws DamagedDocument */
export const documentOf = <T>(table: StoreTable, key: string, text: string): T =>
  parseDocument<T>(table, key, jsonOf(table, key, text));
