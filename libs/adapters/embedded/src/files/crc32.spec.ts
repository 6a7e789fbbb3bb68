import fc from 'fast-check';
import { asciiCrc32, crc32, crc32Within, tableCrc32 } from './crc32';

test('the CRC of our own is that of the standard and of zlib', () => {
  expect(tableCrc32(Buffer.from('123456789'))).toBe(0xcbf43926);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => tableCrc32(text) === crc32(Buffer.from(text))),
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => tableCrc32(bytes) === crc32(bytes)));
});

test('a part of bytes has the CRC that it has alone', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(), fc.nat(), (bytes, one, other) => {
      const [from, to] = [one % (bytes.length + 1), other % (bytes.length + 1)].sort((a, b) => a - b) as [
        number,
        number,
      ];
      expect(crc32Within(bytes, from, to)).toBe(crc32(bytes.subarray(from, to)));
    }),
  );
});

test('a text of ASCII alone has the CRC of its bytes', () => {
  const text = fc.oneof(fc.string({ unit: 'binary-ascii', maxLength: 200 }), fc.string({ unit: 'binary' }));
  fc.assert(
    fc.property(text, fc.nat(), (all, at) => {
      const begin = all.slice(0, at % (all.length + 1));
      const isAscii = Buffer.byteLength(begin) === begin.length;
      expect(asciiCrc32(all, begin.length)).toBe(isAscii ? crc32(begin) : null);
    }),
  );
});
