import * as fc from 'fast-check';
import type { FrameVerdict } from './assembler';
import { FrameAssembler } from './assembler';
import { cellsOf, flushOf, frameOf } from './testing';

/** Adds records in turn, at the offsets from `first` on. */
function addAll(assembler: FrameAssembler, records: readonly Uint8Array[], first = 0) {
  return records.map((value, index) => {
    const { message, cells } = frameOf(value);
    return assembler.add(message, cells, first + index);
  });
}

const verdicts = (records: readonly Uint8Array[]): FrameVerdict[] =>
  addAll(new FrameAssembler('cells'), records).map(({ verdict }) => verdict);

describe('frames', () => {
  it('are put together as they were taken apart, however many cells', () => {
    for (const count of [0, 1, 3, 4, 20]) {
      const assembler = new FrameAssembler('cells');
      const cells = cellsOf(count);
      const results = addAll(assembler, flushOf(cells, 'a', 3));
      expect(results.slice(0, -1).every(({ verdict }) => verdict === 'part')).toBe(true);
      expect(results.at(-1)).toEqual({ verdict: 'whole', kept: cells });
      expect(assembler.resumeAt(100)).toBe(100);
    }
  });

  it('of a slice are whole without being kept', () => {
    const assembler = new FrameAssembler('nothing');
    const results = addAll(assembler, flushOf(cellsOf(7), 'a', 3));
    expect(results.at(-1)).toEqual({ verdict: 'whole', kept: [] });
  });

  const records = flushOf(cellsOf(18), 'a', 3);
  const place = fc.integer({ min: 0, max: records.length - 1 });

  it('are never whole if one is lost, or two are swapped', () => {
    fc.assert(
      fc.property(place, place, (i, j) => {
        const damaged = [...records];
        if (i === j) damaged.splice(i, 1);
        else [damaged[i], damaged[j]] = [records[j] as Uint8Array, records[i] as Uint8Array];
        expect(verdicts(damaged)).not.toContain('whole');
      }),
    );
  });

  it('that are lost and repeated in any way are whole only where all of them came in order, and then once', () => {
    fc.assert(
      fc.property(fc.array(place, { maxLength: 24 }), (order) => {
        const found = verdicts(order.map((at) => records[at] as Uint8Array));
        // What is left when repeats of the frame before are overlooked, from the last first frame on.
        let next = 0;
        const wanted = order.map((at) => {
          if (at === 0) next = 0;
          if (at !== next) {
            if (at > next) next = Infinity;
            return false;
          }
          next += 1;
          if (next < records.length) return false;
          next = Infinity;
          return true;
        });
        expect(found.map((verdict) => verdict === 'whole')).toEqual(wanted);
      }),
    );
  });

  it('that come twice are taken once', () => {
    const [first, second, ...rest] = records as [Uint8Array, Uint8Array, ...Uint8Array[]];
    expect(verdicts([first, second, second, ...rest]).slice(1, 3)).toEqual(['part', 'useless']);
    const results = addAll(new FrameAssembler('cells'), [first, second, second, ...rest]);
    expect(results.at(-1)).toEqual({ verdict: 'whole', kept: cellsOf(18) });
  });

  it('that begin again are begun anew', () => {
    const results = addAll(new FrameAssembler('cells'), [...records.slice(0, 2), ...records]);
    expect(results.at(-1)).toEqual({ verdict: 'whole', kept: cellsOf(18) });
  });

  it('of two writers may alternate; each is put together by itself', () => {
    const other = flushOf(cellsOf(18), 'b', 3);
    const both = records.flatMap((record, index) => [record, other[index] as Uint8Array]);
    expect(verdicts(both).filter((one) => one === 'whole')).toHaveLength(2);
  });

  it('say where to read again after a restart: at the first frame that waits for the rest', () => {
    const assembler = new FrameAssembler('cells');
    addAll(assembler, records.slice(0, 2), 7);
    addAll(assembler, flushOf(cellsOf(4), 'b', 3).slice(0, 1), 9);
    expect(assembler.resumeAt(10)).toBe(7);
    assembler.forget('a');
    expect(assembler.resumeAt(10)).toBe(9);
    assembler.forget('b');
    expect(assembler.resumeAt(10)).toBe(10);
  });

  it('of writers that died half-way do not hold back the resume offset for ever', () => {
    const assembler = new FrameAssembler('cells');
    for (let writer = 0; writer < 40; writer++)
      addAll(assembler, flushOf(cellsOf(4), `w${writer}`, 3).slice(0, 1), writer);
    expect(assembler.resumeAt(40)).toBeGreaterThan(30);
  });
});
