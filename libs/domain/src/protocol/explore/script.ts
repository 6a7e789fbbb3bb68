/**
 * What stands in a lane, written as a text: `a1 b2 |1 a1 b2!`. A letter and an id are an event of cell a or b; the same id
 * again is a duplicate, with `!` it has other data; `|1` is the barrier that begins epoch 1.
 *
 * The log does not grow while a world is explored: whatever may happen while it is shorter may happen as well while its end
 * is there and nobody has read it yet.
 */
import { checksum32, hashHex96 } from '../../hash';
import type { Epoch } from '../../numbers';

/** Two, so that a range has more than one slice and a flush may change one of them only. */
export const CELLS = ['a', 'b'] as const;

/** A number for each cell: the multiset of the records that it holds. */
export type Tally = readonly [a: number, b: number];
export const NOTHING: Tally = [0, 0];

export interface ScriptEvent {
  readonly id: string;
  readonly data: string;
  readonly cell: 0 | 1;
  readonly identity: Uint8Array;
  /**
   * What it adds to its cell's count: a power of four of its own. So a sum names its records: a digit 0 where one is
   * missing, 2 or 3 where one counts more than once.
   */
  readonly weight: number;
}

export type ScriptRecord = ScriptEvent | { readonly barrier: Epoch };

/** The start of each cell's window, for watermarks. */
export const WINDOWS = [10, 20] as const;

const encoder = new TextEncoder();

/** The records of each lane. Weights go through all of them. */
export function readScripts(texts: readonly string[]): ScriptRecord[][] {
  let weight = 1;
  return texts.map((text) =>
    text
      .split(' ')
      .filter((token) => token !== '')
      .map((token) => {
        if (token.startsWith('|')) return { barrier: Number(token.slice(1)) };
        const data = token.endsWith('!') ? 'other' : 'one';
        const id = token.slice(1).replace('!', '');
        const identity = hashHex96('source', id) + checksum32(data).toString(16).padStart(8, '0');
        const event = {
          id,
          data,
          cell: token.startsWith('a') ? 0 : 1,
          identity: encoder.encode(identity),
          weight,
        };
        weight *= 4;
        return event as ScriptEvent;
      }),
  );
}

export const plus = (a: Tally, b: Tally): Tally => [a[0] + b[0], a[1] + b[1]];

export const one = (event: ScriptEvent): Tally => (event.cell === 0 ? [event.weight, 0] : [0, event.weight]);
