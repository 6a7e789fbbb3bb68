/** Documents as every store keeps them: JSON texts of a bounded size, read and refused with their place in the error. */
import { DamagedDocument, DocumentTooLarge } from '@tenon/errors';
import type { ProductId } from '@tenon/domain';

/** What a document may have, bytes of JSON: MongoDB's 16 MiB with room for the key. The same in every store. */
export const MAX_DOCUMENT_BYTES = (16 << 20) - (64 << 10);

/** @throws DamagedDocument */
export function parseDocument<T>(table: string, key: string, json: string): T {
  try {
    return JSON.parse(json) as T;
  } catch (error) {
    throw new DamagedDocument(table, key, productOfKey(key), error);
  }
}

/** @throws DocumentTooLarge */
export function checkDocumentSize(table: string, key: string, json: string): void {
  // In UTF-8 a UTF-16 unit has three bytes at most.
  if (json.length * 3 <= MAX_DOCUMENT_BYTES) return;
  const bytes = Buffer.byteLength(json);
  if (bytes <= MAX_DOCUMENT_BYTES) return;
  const product = productOfKey(key);
  const of = product === null ? '' : ` of product ${product}`;
  throw new DocumentTooLarge(
    `Document ${key} in table ${table}${of} would have ${bytes} bytes; a store takes ${MAX_DOCUMENT_BYTES}.`,
    { hint: 'Fewer measures with many values per cell, or smaller keys.' },
  );
}

/** The product that a document is of; null where its key names none. */
export function productOfKey(key: string): ProductId | null {
  return key.split('/').find((part) => /^[^@]+@\d+$/.test(part)) ?? null;
}
