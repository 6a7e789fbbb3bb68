/** What services of edition 2 wrote, as its golden files have it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { FrameAssembler } from './assembler';
import type { ReadOfEdition2 } from './edition-2';
import { Edition2Reader } from './edition-2';
import { isUnreadable } from './read-frame';

const golden = (name: string) =>
  (
    JSON.parse(readFileSync(join(__dirname, `../../golden/v2/${name}.json`), 'utf8')) as { value: string }[]
  ).map(({ value }) => Buffer.from(value));

const TYPES = ['TIMESTAMP', 'VARCHAR'];
const newReader = () => new Edition2Reader('orders', TYPES);

function readAll(records: readonly Uint8Array[], reader = newReader()): ReadOfEdition2[] {
  return records.map((value) => {
    const read = reader.read(value);
    if (isUnreadable(read)) throw new Error(read.reason);
    return read;
  });
}

const IDS = ['t2024-01-01T00:00:00!sbob!', 't2023-12-31T22:00:00!sann!', 't2023-12-31T23:00:00!sZo}c3}ab!'];

describe('a reader of edition 2', () => {
  test('gives its flushes as flushes of this edition', () => {
    const [first] = readAll(golden('flush'));
    expect(first).toMatchObject({
      commit: null,
      frame: {
        message: {
          ...{
            v: 2,
            type: 'flush',
            product: 'sales@1',
            source: 'orders',
            partition: 0,
            id: 'speed-1',
            seq: 0,
          },
          ...{ epoch: 0, start: 0, from: 0, to: 5, end: { closed: true, next: 1, frames: 1, cells: 3 } },
        },
      },
    });
    expect(first?.frame.cells.map(({ id }) => id)).toEqual(IDS);
    expect(first?.frame.cells[1]).toEqual({
      id: IDS[1],
      key: '["2023-12-31T22:00:00Z","ann"]',
      states: '[1,[3602879701896397,-55],1,"12.50",{"s":["12.50"]}]',
    });
    expect(first?.frame.message).not.toHaveProperty('version');
  });

  test('gives its ranges as one slice, and with its end a commit', () => {
    const frames = readAll(golden('range'));
    const assembler = new FrameAssembler('nothing');
    const verdicts = frames.map(
      ({ frame }, offset) => assembler.add(frame.message, frame.cells, offset).verdict,
    );
    expect(verdicts).toEqual(['part', 'part', 'whole']);
    expect(frames.map(({ commit }) => commit === null)).toEqual([true, true, false]);
    const range = { product: 'sales@1', range: 'batch-1', full: false, line: 0, from: 0, to: 1 };
    for (const { frame } of frames)
      expect(frame.message).toMatchObject({ type: 'slice', slice: 0, ...range });
    expect(frames[2]?.commit).toEqual({
      ...{ v: 2, type: 'commit', hash: 'the-hash-of-the-plan', ...range, slices: 1 },
      ...{ cut: { 'orders/0': 5 }, epochs: { 'orders/0': 1 }, barriers: {}, watermark: 1704067200000000 },
      ledger: { aggregated: 3, expired: 0, duplicate: 0, control: 1, deadLettered: 1, filtered: 0 },
    });
  });

  test('finds damage where a flush or range ends', () => {
    const range = golden('range');
    const damaged = Buffer.from(String(range[0]).replace('"3.10"', '"3.11"'));
    const reader = newReader();
    readAll([damaged, range[1] as Buffer], reader);
    expect(reader.read(range[2] as Buffer)).toMatchObject({ damaged: true, newer: null });
  });

  test('finds damage of a cell that leaves it JSON', () => {
    const [flush] = golden('flush') as [Buffer];
    const text = String(flush);
    const [from, to] = [text.indexOf('"cells":[') + 9, text.indexOf(',"end":')];
    fc.assert(
      fc.property(
        fc.integer({ min: from, max: to - 1 }),
        fc.constantFrom('0', '7', 'a', 'é'),
        (at, other) => {
          if (text[at] === other) return;
          const read = newReader().read(Buffer.from(text.slice(0, at) + other + text.slice(at + 1)));
          // Where JSON means the same by another text there is none: "1" for "\u0031", 1.0 for 1.
          if (!isUnreadable(read)) throw new Error(`${text.slice(at - 5, at + 5)} with ${other} was read`);
        },
      ),
    );
  });

  test('forgets what another reader began: frames are read again from the first one', () => {
    const range = golden('range');
    const reader = newReader();
    readAll(range.slice(0, 2), reader);
    expect(readAll(range, reader)[2]?.commit).not.toBeNull();
  });

  test('tells what it cannot read', () => {
    const read = (text: string) => newReader().read(Buffer.from(text));
    expect(read('{')).toEqual({ reason: 'not JSON', damaged: false, newer: null });
    expect(read('null')).toMatchObject({ reason: expect.stringMatching(/version/), newer: null });
    expect(read('{"v":1,"type":"x","cells":[]}')).toMatchObject({ newer: null });
    expect(read('{"v":1,"type":"flush"}')).toMatchObject({ newer: null });
    expect(read('{"v":99,"type":"flush"}')).toMatchObject({ newer: { unknownVersion: 99 } });
  });
});
