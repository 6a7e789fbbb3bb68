import fc from 'fast-check';
import { LineSplitter } from './lines';

describe('lines', () => {
  /** What a splitter gives for a text in chunks; `null` for a line that was dropped. */
  function split(text: string, size: number, limit: number): (string | null)[] {
    const splitter = new LineSplitter(limit);
    const bytes = Buffer.from(text);
    const found: (string | null)[] = [];
    const add = (parts: ReturnType<LineSplitter['push']>) => {
      for (const { bytes: part, dropped } of parts) {
        if (dropped) found.push(null);
        else found.push(...Buffer.from(part).toString().split('\n'));
      }
    };
    for (let at = 0; at < bytes.length; at += size) add(splitter.push(bytes.subarray(at, at + size)));
    add(splitter.end());
    return found;
  }

  it('are the same for any size of chunks', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme' }).map((line) => line.replaceAll('\n', ''))),
        fc.integer({ min: 1, max: 50 }),
        (lines, size) => {
          const text = lines.map((line) => `${line}\n`).join('');
          expect(split(text, size, 1_000)).toEqual(lines);
        },
      ),
    );
  });

  it('over the limit are dropped up to their newline, and only they', () => {
    expect(split('aa\nbbbbbbbbbb\ncc\ndd', 3, 6)).toEqual(['aa', null, 'cc', 'dd']);
    expect(split('bbbbbbbbbb', 3, 6)).toEqual([null]);
  });
});
