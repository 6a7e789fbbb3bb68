import { cellKey } from '@tenon/domain';
import * as fc from 'fast-check';
import type { CommitMessage, FlushFrame, SliceFrame, WireCell } from '../states';
import { FRAME_CELLS, FrameWriter, MAX_CELL_BYTES, encodeMessage } from './frame-writer';
import { readFrame } from './read-frame';
import { FLUSH, FLUSH_END, cellsOf, flushOf, frameOf } from './testing';

const text = (value: Uint8Array) => Buffer.from(value).toString('utf8');

describe('a frame', () => {
  it('is text: magic and checksum, a header, a line per cell', () => {
    const [value, ...others] = flushOf([{ id: 'sann!', key: '["ann"]', states: '[1,"12.50"]' }]);
    expect(others).toEqual([]);
    const [preamble, header, ...lines] = text(value as Uint8Array).split('\n');
    expect(preamble).toMatch(/^T3 [0-9a-f]{8}$/);
    const end = { ...FLUSH_END, frames: 1, cells: 1 };
    expect(JSON.parse(header as string)).toEqual({ v: 2, ...FLUSH, id: 'a', seq: 0, end });
    expect(lines).toEqual(['sann!\t["ann"]\t[1,"12.50"]', '']);
  });

  it('gives back its cells, whatever text they hold', () => {
    const string = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({
        unit: fc.constantFrom('\t', '\n', '\r', '\0', '"', '\\', '\ud800', '\udfff', '\u2028', '!', 'é', '𝄞'),
      }),
    );
    const cell = fc.tuple(string, string, fc.array(fc.oneof(string, fc.integer(), fc.constant(null))));
    fc.assert(
      fc.property(fc.array(cell), fc.integer({ min: 1, max: 5 }), (all, frameCells) => {
        const cells = all.map(([a, b, states]): WireCell => {
          const key = [a, b];
          return {
            id: cellKey(['VARCHAR', 'VARCHAR'], key),
            key: JSON.stringify(key),
            states: JSON.stringify(states),
          };
        });
        const read = flushOf(cells, 'a', frameCells).flatMap((value) => [...frameOf(value).cells]);
        expect(read).toEqual(cells);
        expect(read.map(({ key }) => JSON.parse(key) as unknown)).toEqual(all.map(([a, b]) => [a, b]));
      }),
    );
  });

  it('ends at its number of cells, or at its number of characters', () => {
    const counts = (cells: readonly WireCell[]) => flushOf(cells).map((value) => frameOf(value).cells.length);
    expect(counts([])).toEqual([0]);
    expect(counts(cellsOf(FRAME_CELLS))).toEqual([FRAME_CELLS]);
    expect(counts(cellsOf(2 * FRAME_CELLS + 1))).toEqual([FRAME_CELLS, FRAME_CELLS, 1]);
    const large = (chars: number): WireCell => ({ id: 'x', key: '[]', states: `["${'€'.repeat(chars)}"]` });
    expect(counts([large(500_000), large(500_000), large(10)])).toEqual([1, 1, 1]);
    expect(counts(Array.from({ length: 10 }, () => large(100_000)))).toEqual([2, 2, 2, 2, 2]);
    const sizes = flushOf(Array.from({ length: 50 }, () => large(29_000))).map(({ length }) => length);
    expect(Math.max(...sizes)).toBeLessThan(1_000_000);
  });

  it('takes no cell that a store could not keep, and names its product', () => {
    const cell = (chars: number): WireCell => ({ id: 'x', key: '[]', states: `["${'x'.repeat(chars)}"]` });
    expect(() => flushOf([cell(MAX_CELL_BYTES - 6)])).not.toThrow();
    expect(() => flushOf([cell(MAX_CELL_BYTES - 5)])).toThrow(
      expect.objectContaining({ code: 'record-too-large', message: expect.stringContaining(FLUSH.product) }),
    );
  });

  it('counts up, and the last one says how many there were', () => {
    const frames = flushOf(cellsOf(5), 'a', 2).map((value) => frameOf(value).message);
    expect(frames.map(({ seq }) => seq)).toEqual([0, 1, 2]);
    expect(frames.map(({ end }) => end)).toEqual([
      undefined,
      undefined,
      { ...FLUSH_END, frames: 3, cells: 5 },
    ]);
  });

  it('of a slice has the range that it is of', () => {
    const head = { type: 'slice', product: 'p@1', hash: 'h', id: 'r/3', range: 'r', slice: 3 } as const;
    const place = { full: true, line: 1, from: 0, to: 7 };
    const writer = new FrameWriter<SliceFrame>({ ...head, ...place });
    expect(writer.add(cellsOf(1)[0] as WireCell)).toBeNull();
    expect(writer.written).toBe(1);
    const { message } = frameOf(writer.finish({}));
    expect(message).toEqual({ v: 2, ...head, ...place, seq: 0, end: { frames: 1, cells: 1 } });
  });

  it('is written by one writer per flush', () => {
    const writer = new FrameWriter<FlushFrame>({ ...FLUSH, id: 'a' }, 2);
    const records = cellsOf(3).map((cell) => writer.add(cell));
    expect(records.map((one) => one === null)).toEqual([true, true, false]);
    expect(writer.written).toBe(3);
  });
});

test('a commit is a message without cells', () => {
  const commit: Omit<CommitMessage, 'v'> = {
    ...{ type: 'commit', product: 'p@1', hash: 'h', range: 'r', full: false, line: 0, from: 0, to: 1 },
    ...{
      slices: 2,
      cut: { 's/0': 5 },
      epochs: { 's/0': 1 },
      barriers: { 's/0': 9 },
      ledger: FLUSH_END.ledger,
      watermark: null,
    },
  };
  const value = encodeMessage<CommitMessage>(commit);
  expect(readFrame(value)).toEqual({ message: { v: 2, ...commit }, cells: [] });
});
