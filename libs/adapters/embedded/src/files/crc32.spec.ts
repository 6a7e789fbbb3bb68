import fc from 'fast-check';
import { crc32, tableCrc32 } from './crc32';

test('the CRC of our own is that of the standard and of zlib', () => {
  expect(tableCrc32(Buffer.from('123456789'))).toBe(0xcbf43926);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => tableCrc32(text) === crc32(Buffer.from(text))),
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => tableCrc32(bytes) === crc32(bytes)));
});
