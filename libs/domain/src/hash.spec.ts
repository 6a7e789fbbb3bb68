import * as fc from 'fast-check';
import { checksum32, hash128, hashHex, murmur2, partitionOf } from './hash';

describe('murmur2', () => {
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('gives what Kafka tests its own with: %s', (text, hash) => {
    expect(murmur2(Buffer.from(text))).toBe(hash);
    expect(partitionOf(text, 7)).toBe((hash & 0x7fffffff) % 7);
  });
});

describe('partitionOf', () => {
  it('takes a text for its UTF-8 bytes, however long', () => {
    const long = 'ü'.repeat(20_000);
    expect(partitionOf(long, 1000)).toBe(partitionOf(Buffer.from(long), 1000));
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 100 }), (key, partitions) => {
        const partition = partitionOf(key, partitions);
        expect(partition).toBe(partitionOf(Buffer.from(key), partitions));
        expect(partition).toBeGreaterThanOrEqual(0);
        expect(partition).toBeLessThan(partitions);
      }),
    );
  });
});

// From the Python package mmh3 5: mmh3.hash(text) and mmh3.mmh3_x86_128_digest(text), seed 0.
describe('MurmurHash3', () => {
  it.each([
    ['', '00000000', '00000000000000000000000000000000'],
    ['a', '3c2569b2', 'a794933c5556b01b5556b01b5556b01b'],
    ['The quick brown fox jumps over the lazy dog', '2e4ff723', '2f1583c3ecee2c675d7bf66ce5e91d2c'],
    ['0123456789abcdef', '36c7e0df', 'fb7d440936aed30a48ad1d9b572b3bfd'],
    ['0123456789abcdefg', 'e2ad6669', '7f1f9836516b3876ac29c030f9d6f374'],
    ['0123456789abcdefghijklmnopqrstuvwxyz', '91115954', 'b542a96520221539c832a6bbcdee191d'],
    ['zürich €', '36204c7f', 'ceea488c77b0386a2d2467cde1c98e82'],
  ])('agrees with another implementation: %s', (text, short, long) => {
    expect(checksum32(text).toString(16).padStart(8, '0')).toBe(short);
    expect(hashHex(text)).toBe(long);
  });

  it('agrees on texts longer than its scratch space', () => {
    expect(checksum32('x'.repeat(100_000)).toString(16)).toBe('8f9a9816');
  });

  it('chains: another first part gives another hash of the same second part', () => {
    const chained = (...parts: string[]) => {
      const lanes = new Uint32Array(4);
      for (const part of parts) hash128(Buffer.from(part), lanes);
      return lanes.join();
    };
    expect(chained('a', 'bc')).not.toBe(chained('ab', 'c'));
  });
});
