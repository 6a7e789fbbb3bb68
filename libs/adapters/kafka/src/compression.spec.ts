import { decompress } from './compression';

/** Kafka's numbers of codecs. */
const [SNAPPY, LZ4] = [2, 3];

const bytes = (hex: string) => Buffer.from(hex.replace(/\s/g, ''), 'hex');
const chunk = (part: Buffer) => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(part.length);
  return Buffer.concat([length, part]);
};

describe('snappy', () => {
  // Length 13; literal `abcd`; copy of 8 from 4 back (2 bytes of distance); literal `!`.
  const block = bytes('0d 0c 61626364 1e 0400 00 21');
  // Length 7; literal `ab`; copy of 5 from 2 back (11 bits of distance).
  const overlapping = bytes('07 04 6162 05 02');

  test('is read: literals and copies, of what overlaps too', () => {
    expect(decompress(SNAPPY, block).toString()).toBe('abcdabcdabcd!');
    expect(decompress(SNAPPY, overlapping).toString()).toBe('abababa');
  });

  test('is read with a literal of many bytes', () => {
    const text = 'x'.repeat(300);
    const long = Buffer.concat([bytes('ac02 f4 2b01'), Buffer.from(text)]);
    expect(decompress(SNAPPY, long).toString()).toBe(text);
  });

  test('is read in the frames of Java’s clients', () => {
    const header = bytes('82 534e41505059 00 00000001 00000001');
    const framed = Buffer.concat([header, chunk(block), chunk(overlapping)]);
    expect(decompress(SNAPPY, framed).toString()).toBe('abcdabcdabcd!abababa');
    expect(() => decompress(SNAPPY, framed.subarray(0, framed.length - 1))).toThrow('cut short');
  });
});

describe('lz4', () => {
  const head = bytes('04224d18 40 40 c0');
  const word = (n: number) => {
    const buffer = Buffer.alloc(4);
    buffer.writeUInt32LE(n);
    return buffer;
  };
  const frame = (...blocks: Buffer[]) =>
    Buffer.concat([head, ...blocks.flatMap((one) => [word(one.length), one]), word(0)]);
  // Literal `abcd`, match of 8 from 4 back; then the literal `!` alone.
  const first = bytes('44 61626364 0400 10 21');
  // Literal `z` and a match of 4 that reaches into the block before; then `.`.
  const linked = bytes('10 7a 0300 10 2e');

  test('is read: literals, matches, blocks that refer to those before them, frames one after the other', () => {
    expect(decompress(LZ4, frame(first)).toString()).toBe('abcdabcdabcd!');
    expect(decompress(LZ4, frame(first, linked)).toString()).toBe('abcdabcdabcd!zd!zd.');
    expect(decompress(LZ4, Buffer.concat([frame(first), frame(first)])).length).toBe(26);
  });

  test('is read with lengths of many bytes, and with blocks that are plain', () => {
    // 15 + 255 + 30 literals.
    const long = Buffer.concat([bytes('f0 ff 1e'), Buffer.alloc(300, 'x')]);
    expect(decompress(LZ4, frame(long)).toString()).toBe('x'.repeat(300));
    const plain = Buffer.concat([head, word(0x80000000 + 3), Buffer.from('abc'), word(0)]);
    expect(decompress(LZ4, plain).toString()).toBe('abc');
  });
});

test.each([
  ['a copy from before the beginning', SNAPPY, '05 04 6162 05 09'],
  ['more than it says', SNAPPY, '01 04 6162'],
  ['less than it says', SNAPPY, '09 04 6162'],
  ['a length without an end', SNAPPY, 'ffffffffffff'],
  ['no frame', LZ4, '00112233445566778899'],
  ['a block that is cut short', LZ4, '04224d18 40 40 c0 ff000000 00'],
  ['a match from before the beginning', LZ4, '04224d18 40 40 c0 04000000 10 61 ff00 00000000'],
  ['nothing at all', LZ4, '04224d18'],
  ['another codec', 7, ''],
])('%s is an error, and never more than the bound', (_, codec, hex) => {
  expect(() => decompress(codec, bytes(hex))).toThrow();
});

test('what would become too large is an error before it does', () => {
  expect(() => decompress(SNAPPY, bytes('ffffffff0f 00 61'))).toThrow('too large');
});
