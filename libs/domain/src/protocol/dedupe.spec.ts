import * as fc from 'fast-check';
import type { DedupeVerdict } from './dedupe';
import { DedupeWindow } from './dedupe';
import { checksum32, hashHex96 } from '../hash';

interface Sent {
  /** Offsets passed over before it: control records, records without an id. */
  readonly skip: number;
  readonly source: string;
  readonly id: string;
  readonly digest: string;
}

interface Placed extends Sent {
  readonly offset: number;
}

function place(sent: readonly Sent[], from = 0): Placed[] {
  let offset = from - 1;
  return sent.map((one) => ({ ...one, offset: (offset += 1 + one.skip) }));
}

/** The rule as it is written, on plain arrays. */
function naive(window: number, records: readonly Placed[]): DedupeVerdict[] {
  return records.map((record, index) => {
    const same = records
      .slice(0, index)
      .filter(
        (one) => one.source === record.source && one.id === record.id && one.offset >= record.offset - window,
      );
    const latest = same.at(-1);
    return latest === undefined ? 'new' : latest.digest === record.digest ? 'duplicate' : 'conflict';
  });
}

const encoder = new TextEncoder();
const identity = (source: string, id: string, digest: string) =>
  encoder.encode(hashHex96(source, id) + checksum32(digest).toString(16).padStart(8, '0'));
const check = (window: DedupeWindow, { offset, source, id, digest }: Placed) =>
  window.check(offset, identity(source, id, digest));

function judge(window: number, records: readonly Placed[]): DedupeVerdict[] {
  const dedupe = new DedupeWindow(window);
  return records.map((record) => check(dedupe, record));
}

const record: fc.Arbitrary<Sent> = fc.record({
  skip: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.nat(3), fc.constantFrom(50, 1e6)),
  source: fc.constantFrom('', 'a', 'ab'),
  id: fc.oneof(fc.constantFrom('', 'b', 'bc', 'c', 'x'.repeat(40)), fc.nat(30).map(String)),
  digest: fc.constantFrom('00000000', 'ffffffff', ''),
});

describe('DedupeWindow', () => {
  it.each([0, 1, 2, 7, 1000])('decides as the written rule does: window %d', (window) => {
    fc.assert(
      fc.property(
        fc.array(record, { maxLength: 60 }),
        fc.constantFrom(0, 5, 2 ** 31 - 10, 2 ** 40),
        (sent, from) => {
          const records = place(sent, from);
          expect(judge(window, records)).toEqual(naive(window, records));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('sees a repeat at the window’s last offset and not beyond', () => {
    const at = (offset: number): Placed => ({ offset, skip: 0, source: 's', id: 'a', digest: '' });
    expect(judge(10, [at(0), at(10)])).toEqual(['new', 'duplicate']);
    expect(judge(10, [at(0), at(11)])).toEqual(['new', 'new']);
  });

  it('counts duplicates and conflicts as occurrences, and compares with the latest', () => {
    const at = (offset: number, digest: string): Placed => ({
      offset,
      skip: 0,
      source: 's',
      id: 'a',
      digest,
    });
    expect(judge(10, [at(0, 'x'), at(8, 'x'), at(16, 'y'), at(24, 'y')])).toEqual([
      'new',
      'duplicate',
      'conflict',
      'duplicate',
    ]);
  });

  it('decides alike when it is rebuilt from the last `window` offsets', () => {
    fc.assert(
      fc.property(
        fc.array(record, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 0, max: 20 }),
        fc.nat(59),
        (sent, window, at) => {
          const records = place(sent);
          const start = records[at % records.length]!.offset;
          const whole = judge(window, records).filter((_, index) => records[index]!.offset >= start);
          const tail = records.filter(({ offset }) => offset >= start - window);
          const rebuilt = judge(window, tail).filter((_, index) => tail[index]!.offset >= start);
          expect(rebuilt).toEqual(whole);
        },
      ),
    );
  });

  it('grows, evicts and stays right over many more records than fit at first', () => {
    const window = 5000;
    const dedupe = new DedupeWindow(window);
    const latest = new Map<string, number>();
    let random = 1;
    for (let offset = 0; offset < 40_000; offset++) {
      random = Math.imul(random, 1664525) + 1013904223;
      const id = (random >>> 0) % 3 === 0 ? String((random >>> 8) % 9000) : `once-${offset}`;
      const before = latest.get(id);
      latest.set(id, offset);
      const expected = before !== undefined && before >= offset - window ? 'duplicate' : 'new';
      const verdict = check(dedupe, { offset, skip: 0, source: 's', id, digest: '' });
      if (verdict !== expected) throw new Error(`Offset ${offset}: ${verdict}, not ${expected}`);
    }
  });

  it('keeps no hold of the buffers that it was given', () => {
    const dedupe = new DedupeWindow(10);
    const bytes = identity('s', 'a', '');
    dedupe.check(0, bytes);
    bytes.fill(48);
    expect(dedupe.check(1, bytes)).toBe('new');
    expect(dedupe.check(2, identity('s', 'a', ''))).toBe('duplicate');
  });

  it('refuses an offset that is not above the last', () => {
    const dedupe = new DedupeWindow(10);
    dedupe.check(5, identity('s', 'a', ''));
    expect(() => dedupe.check(5, identity('s', 'b', ''))).toThrow(RangeError);
  });
});
