/** Bytes to JSON, without a silent repair on the way. */
import { mayHoldBigIntegers, parseExactly } from './exact-integers';
import { Rejection } from './rejection';

const STRICT = new TextDecoder('utf-8', { fatal: true });
const BYTE_ORDER_MARK = '\ufeff';

/** @returns the text without a byte order mark, or undefined if the bytes are no UTF-8 */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  // The lenient decoder is the fast one; it leaves its mark where it repaired something.
  if (text.includes('\ufffd') && !isUtf8(bytes)) return undefined;
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    STRICT.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** A parsed text, and whether `\u` escapes were in it (see `screen`). */
export interface Parsed {
  readonly value: unknown;
  readonly escapes: boolean;
}

export function parseJson(text: string): Parsed | Rejection {
  try {
    const value: unknown = mayHoldBigIntegers(text) ? parseExactly(text) : JSON.parse(text);
    return { value, escapes: text.includes('\\u') };
  } catch (error) {
    if (text.trim() === '') return new Rejection(400, 'empty-body', 'There is no event in the body.');
    return new Rejection(
      400,
      'malformed-json',
      `This is not JSON: ${(error as Error).message.slice(0, 200)}.`,
    );
  }
}

export const NOT_UTF8 = new Rejection(400, 'malformed-utf8', 'The bytes are not UTF-8.');
