import { STORE_KEYS } from './store';
import { MAX_DOCUMENT_BYTES, checkDocumentSize, parseDocument, productOfKey } from './documents';

const KEY = `${STORE_KEYS.base('orders@2', 0)}sann!`;

test('the product of a document is in its key, wherever that is', () => {
  const keys = [
    KEY,
    STORE_KEYS.pointer('orders@2'),
    STORE_KEYS.progress('orders@2', 1, 0),
    STORE_KEYS.speed('orders@2', 1, 0),
    STORE_KEYS.range('orders@2', 'r1'),
    STORE_KEYS.lease('batch/orders@2'),
  ];
  for (const key of keys) expect(productOfKey(key)).toBe('orders@2');
  expect(productOfKey(STORE_KEYS.served('orders'))).toBeNull();
});

test('a document that is no JSON names table, key and product', () => {
  expect(() => parseDocument('base', KEY, '{bad')).toThrow(
    expect.objectContaining({ code: 'document-damaged', table: 'base', key: KEY, product: 'orders@2' }),
  );
  expect(parseDocument('base', KEY, '{"a":1}')).toEqual({ a: 1 });
});

test('the size of a document is that of its bytes', () => {
  const fits = 'é'.repeat(MAX_DOCUMENT_BYTES / 2);
  expect(() => checkDocumentSize('base', KEY, fits)).not.toThrow();
  expect(() => checkDocumentSize('base', KEY, `${fits}x`)).toThrow(
    expect.objectContaining({ code: 'document-too-large', message: expect.stringContaining('orders@2') }),
  );
});
