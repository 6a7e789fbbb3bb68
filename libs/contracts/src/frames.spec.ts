import * as fc from 'fast-check';
import { FRAME_CELLS, FrameAssembler, FrameWriter, parseStatesMessage } from './frames';
import type { FlushFrame, WireCell } from './states';

const HEAD = {
  type: 'flush',
  product: 'p',
  version: 1,
  hash: 'h',
  partition: 0,
  epoch: 0,
  start: 0,
  from: 0,
  to: 9,
} as const;
const END = {
  closed: false,
  next: 0,
  watermark: null,
  ledger: { aggregated: 9, filtered: 0, duplicate: 0, deadLettered: 0, expired: 0, control: 0 },
};

const cellsOf = (count: number): WireCell[] =>
  Array.from({ length: count }, (_, index) => [[`key ${index}`], [index, 'é']]);

function frames(cells: readonly WireCell[], id = 'a', before: readonly WireCell[] = []): string[] {
  const writer = new FrameWriter<FlushFrame>({ ...HEAD, id });
  return [...writer.write(before), ...writer.finish(cells, END)];
}

const read = (text: string) => {
  const message = parseStatesMessage(Buffer.from(text));
  if ('reason' in message) throw new Error(message.reason);
  return message;
};

describe('frames', () => {
  it('put together what was taken apart, however many cells', () => {
    for (const count of [0, 1, FRAME_CELLS, FRAME_CELLS + 1, 3 * FRAME_CELLS + 7]) {
      const assembler = new FrameAssembler();
      const cells = cellsOf(count);
      const results = frames(cells).map((text, index) => assembler.add(read(text), index));
      expect(results.slice(0, -1).every((result) => result.verdict === 'part')).toBe(true);
      expect(results.at(-1)).toEqual({ verdict: 'whole', from: 0, cells });
      expect(assembler.resumeAt(100)).toBe(100);
    }
  });

  it('are never whole if one is lost or two are swapped', () => {
    const texts = frames(cellsOf(3 * FRAME_CELLS));
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: texts.length - 1 }),
        fc.integer({ min: 0, max: texts.length - 1 }),
        (i, j) => {
          const damaged = [...texts];
          if (i === j) damaged.splice(i, 1);
          else [damaged[i], damaged[j]] = [texts[j] as string, texts[i] as string];
          const assembler = new FrameAssembler();
          const verdicts = damaged.map((text, index) => assembler.add(read(text), index).verdict);
          expect(verdicts).not.toContain('whole');
        },
      ),
    );
  });

  it('of two writers may alternate; each is put together by itself', () => {
    const [a, b] = [frames(cellsOf(2500), 'a'), frames(cellsOf(2500), 'b')];
    const assembler = new FrameAssembler();
    const verdicts = a.flatMap((text, index) => [
      assembler.add(read(text), 2 * index),
      assembler.add(read(b[index] as string), 2 * index + 1),
    ]);
    expect(verdicts.filter((one) => one.verdict === 'whole')).toHaveLength(2);
  });

  it('say where to read again after a restart: at the first frame that waits for the rest', () => {
    const texts = frames(cellsOf(2500));
    const assembler = new FrameAssembler();
    assembler.add(read(texts[0] as string), 7);
    assembler.add(read(texts[1] as string), 8);
    expect(assembler.resumeAt(9)).toBe(7);
  });

  it('of writers that died half-way do not hold back the resume offset for ever', () => {
    const assembler = new FrameAssembler();
    for (let writer = 0; writer < 40; writer++)
      assembler.add(read(frames(cellsOf(2500), `w${writer}`)[0] as string), writer);
    expect(assembler.resumeAt(40)).toBeGreaterThan(30);
  });
});

describe('parseStatesMessage', () => {
  const parse = (text: string) => parseStatesMessage(Buffer.from(text));

  it('tells what it cannot read', () => {
    expect(parse('{')).toEqual({ reason: 'not JSON', newer: null });
    expect(parse('null')).toMatchObject({ reason: expect.stringMatching(/version/), newer: null });
    expect(parse('{"v":1,"type":"x"}')).toMatchObject({
      reason: expect.stringMatching(/type x/),
      newer: null,
    });
  });

  it('tells a message of another version from one that is none', () => {
    const newer = { message: 'flush', unknownVersion: 99 };
    expect(parse('{"v":99,"type":"flush"}')).toMatchObject({ reason: expect.stringMatching(/99/), newer });
    expect(parse('{"v":"99","type":"flush"}')).toMatchObject({ newer: { unknownVersion: 99 } });
    expect(parse('{"v":true,"type":"flush"}')).toMatchObject({ newer: null });
  });
});
