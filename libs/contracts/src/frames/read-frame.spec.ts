import { checksumOf } from '@tenon/domain';
import * as fc from 'fast-check';
import type { CommitMessage } from '../states';
import { encodeMessage } from './frame-writer';
import { isUnreadable, readFrame } from './read-frame';
import { FLUSH_END, cellsOf, flushOf } from './testing';

/** A record whose checksum is right, whatever is in it. */
function record(body: string): Uint8Array {
  const bytes = Buffer.from(body);
  return Buffer.concat([Buffer.from(`T3 ${checksumOf(bytes).toString(16).padStart(8, '0')}\n`), bytes]);
}

const reasonOf = (value: Uint8Array) => {
  const read = readFrame(value);
  if (!isUnreadable(read)) throw new Error('it was read');
  return read;
};

const commit = encodeMessage<CommitMessage>({
  ...{ type: 'commit', product: 'p@1', hash: 'h', range: 'r', full: false, line: 0, from: 0, to: 1 },
  ...{
    slices: 0,
    cut: { 's/0': 5 },
    epochs: { 's/0': 1 },
    barriers: { 's/0': 9 },
    ledger: FLUSH_END.ledger,
    watermark: null,
  },
});
const written = [...flushOf(cellsOf(7), 'a', 3), ...flushOf([]), commit];

const headOf = (value: Uint8Array | undefined) =>
  Buffer.from(value ?? [])
    .toString('utf8')
    .split('\n')[1] as string;

describe('damage is found', () => {
  const any = fc.constantFrom(...written);

  it('whichever byte it is that has changed', () => {
    for (const value of written)
      for (let at = 0; at < value.length; at += 1)
        for (const flipped of [1, 2, 0x20, 0x80]) {
          const damaged = Uint8Array.from(value);
          damaged[at] = (damaged[at] as number) ^ flipped;
          expect(isUnreadable(readFrame(damaged))).toBe(true);
        }
  });

  it('wherever it is cut short, and whatever is appended', () => {
    fc.assert(
      fc.property(any, fc.nat(), fc.uint8Array({ minLength: 1 }), (value, nat, tail) => {
        expect(isUnreadable(readFrame(value.subarray(0, nat % value.length)))).toBe(true);
        expect(isUnreadable(readFrame(Buffer.concat([value, tail])))).toBe(true);
      }),
    );
  });

  it('and told from what never was a message', () => {
    const [value] = written as [Uint8Array];
    const damaged = Uint8Array.from(value);
    damaged[40] = 0;
    expect(reasonOf(damaged)).toEqual({
      reason: 'its checksum is not that of its bytes',
      damaged: true,
      newer: null,
    });
    expect(reasonOf(Buffer.from('T3 0123456X\n{}'))).toMatchObject({ damaged: true });
    for (const other of ['', 'x', '{"v":1,"type":"flush"}', 'T4 00000000\n'])
      expect(reasonOf(Buffer.from(other))).toMatchObject({ damaged: false, newer: null });
  });
});

describe('what is whole and can not be read', () => {
  it('is no header, or none of a type that is known', () => {
    for (const body of [
      '',
      '\n',
      '{\n',
      'null\n',
      '[]\n',
      '{"v":2,"type":"hint"}\n',
      '{"type":"flush","v":true}\n',
    ])
      expect(reasonOf(record(body))).toMatchObject({ damaged: false, newer: null });
  });

  it('has a cell that is not three texts', () => {
    for (const line of ['x', 'x\ty', 'x\ty\tz', 'x\ty\n', '\n'])
      expect(reasonOf(record(`${headOf(written[0])}\n${line}`))).toMatchObject({ damaged: true });
  });

  it('is of a version that a newer release writes', () => {
    for (const type of ['flush', 'slice', 'commit'] as const)
      expect(reasonOf(record(`{"v":99,"type":"${type}"}\n`))).toMatchObject({
        reason: 'version 99 of the states format is not known',
        newer: { message: type, unknownVersion: 99 },
      });
    expect(reasonOf(record('{"v":99,"type":"other"}\nx'))).toMatchObject({
      newer: { message: 'flush', unknownVersion: 99 },
    });
  });
});

test('a value that lies in a larger buffer is read from where it begins', () => {
  const [value] = written as [Uint8Array];
  const buffer = Buffer.concat([Buffer.from('before'), value, Buffer.from('after')]);
  expect(readFrame(new Uint8Array(buffer.buffer, buffer.byteOffset + 6, value.length))).toEqual(
    readFrame(value),
  );
});

describe('a message with the right checksum', () => {
  const heads = written.map(headOf);

  it('is none without a field that its schema requires, or with one of another type', () => {
    for (const head of heads) {
      const message = JSON.parse(head) as Record<string, unknown>;
      for (const name of Object.keys(message)) {
        // Flushes and slices go on until a frame has an end.
        if (name === 'end' || name === 'v' || name === 'type') continue;
        const { [name]: _, ...less } = message;
        const other = { ...message, [name]: [null] };
        for (const body of [less, other]) {
          const read = reasonOf(record(`${JSON.stringify(body)}\n`));
          expect(read).toMatchObject({ damaged: false, newer: null });
          expect(read.reason).toMatch(/^it is no (flush|slice|commit): .*/);
        }
      }
      expect(isUnreadable(readFrame(record(`${JSON.stringify({ ...message, later: 1 })}\n`)))).toBe(false);
    }
  });

  it('has no cells but three texts, the last two of them arrays', () => {
    const [head] = heads as [string];
    for (const cell of ['a\t[1]\t[]', 'a\t[]\t[1,"x"]'])
      expect(isUnreadable(readFrame(record(`${head}\n${cell}\n`)))).toBe(false);
    for (const cell of [
      'a',
      'a\t[1]',
      'a\t\t',
      'a\t[1]\tx',
      'a\t{}\t[]',
      'a\t[\t[]',
      'a\t[1]\t1]',
      'a\t[1]\t[nope]',
      'a\t[1] x [2]\t[1]',
    ])
      expect(reasonOf(record(`${head}\n${cell}\n`))).toMatchObject({ damaged: true });
  });
});

test('the cell of a total, whose id is the empty text', () => {
  const total = { id: '', key: '[]', states: '[2]' };
  const [value] = flushOf([total]) as [Uint8Array];
  expect(readFrame(value)).toMatchObject({ cells: [total] });
});
