import { decompress } from './compression';
import { unzstdAnywhere } from './zstd';

/** Kafka's numbers of codecs. */
const [SNAPPY, LZ4, ZSTD] = [2, 3, 4];

const AGAIN = 'the same again, '.repeat(6_000);
const FLIGHTS = Array.from(
  { length: 60 },
  (_, i) => `flight ${(i * 7919) % 1000} of carrier ${'ABCDEFG'[i % 7]}${i % 3} is ${(i * i) % 97} late; `,
).join('');

/** Made of these texts by `zstd -19` and `lz4 -9 -B4 -BD`. */
const MADE = {
  zstd: [
    'KLUv/aQAdwEAxQAAgHRoZSBzYW1lIGFnYWluLCABANrtJp9LaedXUA==',
    'KLUv/WSbB20KALbVNBaQzXBAboOX+f+W0LKUUiaZ0jG/O2ACOAAuACkAQxX0vmHAHvJyGP6t4XciC1R0C6Fe04HZSMHxFIBigngoiyJxKEtAiSgckQgioSwgyqJMGgzHYxGsf9eyh8W8FA2ksZdC578SXCpxMEvRi+BWDRBZi4eaq1kM1mkLt9AkLEfaMmA1V2SzUBFxjKw90h8jnXhG07bquS1jdjbVpX6erK7lps3Nmed1pE+ZdBZsibrYxuZ6aIyfE5V8tdTNrK6O7LX8XLSr5MvHq6nefvvIU7zR7nWAiqghGKbvfwegneYRoIREGCWwScTXM4Pl+2SHVu/1PuOD9bxxMk+bE3Vajh/zHxSO2hFABZYwUz/Xe77L/b33CFN/dKpEDgcj5AYj8oL14kWXH+CROqC3PxoAFqcdwGYIBxjCIx/4AP0I8go4A84AcOSbqgyyCnMJ5II=',
  ],
  lz4: [
    'BCJNGERAXhsBAAD/AXRoZSBzYW1lIGFnYWluLCAQAP/////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////YUGFpbiwggQAAAA8QAP//////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////X1BhaW4sIAAAAAAyY5sI',
    'BCJNGGRAp5ECAADzE2ZsaWdodCAwIG9mIGNhcnJpZXIgQTAgaXMgMCBsYXRlOyAiADg5MTkkACBCMSQAGjEkADg4MzgkACBDMiQAGjQkADg3NTckABFEbAAaOSQAODY3NiQAEkVsABo2JQA4NTk1JQARRm0AKzI1JQAoMTQlABFHbgAbM0oAOTQzM/8AAW8AGzSUADkzNTIAAQFvABs23QA5MjcxAQEBbwAbOCYBKTE5bgERRG8AGzMkABkwbgESRd0ADG4ACW4BEUZtACs0N7cBGTRvARFHbQArNzK4ARk2cAESQW4AC7gBGThvARJCSgEL2wApNzBvARFDbgAbNkoAKTYybwERRG4AHDm5ARk0bwESRW8ACyYBKTQ2bwESRt0AC7kCKTM4bwERR28AGzGUAD4yOTkCAxs1bwA+MjE4AwMbOU0CPzEzNwQDAAu6AS81NgQDAAtMAT45NzUFAxs0kwA+ODk0BQMbOW4APjgxMwUDGzUnAT43MzIFAxs4ugEvNTEEAwAMugEuNzAEAxsylwI+NDg5BAMbOG8APjQwOAUDGzXdAD4zMjcGAxwy3wEuNDYGAxs44gM+MTY1BgMcNuMEHzQGAwALAgEeMwQDHDHdAS4yMgQDLDg2bAAeMQQDGzYlAD43NjAEAxw0uQEuNzkEAywzMlEFHjgEAywxOFEFHjcEAw1QBR42AwMsOTNQBR41BAMsODVQBR40BAMcN7gBLjkzBAMbN0oAPjExMgQDHDeUAB4xAwMMJAA+OTUwBAMMbgA+ODY5BAMMuAA+Nzg4BAMMAgE+NzA3BAMMTAE+NjI2BAMcNlEFHjUDAwzeAT40NjQDAwwoAj4zODMEAwxyAj4zMDIKBgy8Aj8yMjEGAwNQYXRlOyAAAAAAsLPMqA==',
  ],
};

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

const ofText = (made: readonly string[]) => made.map((one) => Buffer.from(one, 'base64'));

describe('zstd', () => {
  const all = ofText(MADE.zstd);

  test('is read, by Node and without', () => {
    expect(all.map((one) => decompress(ZSTD, one).toString())).toEqual([AGAIN, FLIGHTS]);
    expect(all.map((one) => unzstdAnywhere(one, 1e6).toString())).toEqual([AGAIN, FLIGHTS]);
    expect(unzstdAnywhere(Buffer.concat(all), 1e6).toString()).toBe(AGAIN + FLIGHTS);
  });

  test('ends at the bound, and where it is cut short or none', () => {
    const [again, flights] = all as [Buffer, Buffer];
    expect(() => unzstdAnywhere(again, AGAIN.length - 1)).toThrow('too large');
    for (let length = 1; length < flights.length; length += 1) {
      const cut = flights.subarray(0, length);
      expect(() => unzstdAnywhere(cut, 1e6)).toThrow();
      expect(() => decompress(ZSTD, cut)).toThrow();
    }
    expect(() => unzstdAnywhere(Buffer.from('nothing of this kind'), 1e6)).toThrow();
  });
});

test('lz4 of another hand is read, frame after frame, and no part of a frame', () => {
  const all = ofText(MADE.lz4);
  expect(decompress(LZ4, Buffer.concat(all)).toString()).toBe(AGAIN + FLIGHTS);
  const whole = all[1] as Buffer;
  for (let length = 1; length < whole.length; length += 1)
    expect(() => decompress(LZ4, whole.subarray(0, length))).toThrow();
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
  const block = Buffer.alloc(4 << 20, 1);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(block.length);
  const blocks = Array.from({ length: 40 }, () => [size, block]).flat();
  const bomb = Buffer.concat([bytes('04224d18 40 70 c0'), ...blocks, Buffer.alloc(4)]);
  expect(() => decompress(LZ4, bomb)).toThrow('too large');
});
