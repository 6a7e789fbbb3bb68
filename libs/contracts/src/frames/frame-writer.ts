/**
 * Frames: how many cells travel as few records. The value of a record is text:
 *
 *     T3 <8 hex digits: checksum32 of all bytes after this line>
 *     <the frame without its cells, as JSON>
 *     <cellKey> TAB <key as JSON> TAB <states as JSON>        one line per cell
 *
 * A cell is written once, by the layer that made it, and its texts go into the store as they are.
 */
import { checksumOf } from '@tenon/domain';
import { RecordTooLarge } from '@tenon/errors';
import { VERSIONS } from '../versions';
import type { EndMark, FlushFrame, SliceFrame, StatesMessage, WireCell } from '../states';

/** Cells per frame: some 100 KiB, well below a broker's usual 1 MiB. */
export const FRAME_CELLS = 1000;
/** A frame ends before its cells have more characters than this: below 1 MB in UTF-8, which brokers take unless told otherwise. */
const FRAME_CHARS = 300_000;

/** The most that one cell may have, bytes: a store keeps a few versions of it in one document. */
export const MAX_CELL_BYTES = 4 << 20;

/** What a states record begins with. */
export const MAGIC = 'T3 ';
/** Magic, checksum and line end. */
export const PREAMBLE = 12;

type Head<F> = Omit<F, 'seq' | 'end' | 'v'>;
type End<F extends FlushFrame | SliceFrame> = Omit<NonNullable<F['end']>, keyof EndMark>;

/** Writes the frames of one flush or slice. */
export class FrameWriter<F extends FlushFrame | SliceFrame> {
  private seq = 0;
  private cells = 0;
  private lines: string[] = [];
  private chars = 0;

  constructor(
    private readonly head: Head<F> & { readonly type: F['type'] },
    private readonly frameCells = FRAME_CELLS,
  ) {}

  /** How many cells were written. */
  get written(): number {
    return this.cells + this.lines.length;
  }

  /**
   * @returns the frame of the cells before it, which it does not fit into, or null: it waits for others
   * @throws RecordTooLarge
   */
  add({ id, key, states }: WireCell): Uint8Array | null {
    const chars = id.length + key.length + states.length;
    if (chars * 3 > MAX_CELL_BYTES) this.checkSize(id, key + states);
    const full = this.isFull(chars) ? this.frame() : null;
    this.lines.push(`${id}\t${key}\t${states}\n`);
    this.chars += chars;
    return full;
  }

  /** The last frame: the end mark, with the cells that wait. */
  finish(end: End<F>): Uint8Array {
    return this.frame(end);
  }

  private isFull(next: number): boolean {
    const { lines, chars } = this;
    return lines.length > 0 && (lines.length >= this.frameCells || chars + next > FRAME_CHARS);
  }

  private checkSize(id: string, text: string): void {
    const bytes = Buffer.byteLength(text);
    if (bytes <= MAX_CELL_BYTES) return;
    throw new RecordTooLarge(
      `A cell of product ${this.head.product} has ${bytes} bytes, of which ${MAX_CELL_BYTES} pass: ${id.slice(0, 100)}`,
      { hint: 'Fewer measures with many values per cell, or smaller keys.' },
    );
  }

  private frame(end?: End<F>): Uint8Array {
    const { lines, head } = this;
    this.cells += lines.length;
    this.lines = [];
    this.chars = 0;
    this.seq += 1;
    const mark = end === undefined ? {} : { end: { ...end, frames: this.seq, cells: this.cells } };
    return encode({ v: VERSIONS[head.type].writes, ...head, seq: this.seq - 1, ...mark } as object, lines);
  }
}

/** A states message without cells. */
export function encodeMessage<M extends StatesMessage>(message: Omit<M, 'v'>): Uint8Array {
  return encode({ v: VERSIONS.commit.writes, ...message }, []);
}

function encode(head: object, lines: readonly string[]): Uint8Array {
  const text = `${JSON.stringify(head)}\n${lines.join('')}`;
  // In UTF-8 a UTF-16 unit has three bytes at most.
  const buffer = Buffer.allocUnsafe(PREAMBLE + Buffer.byteLength(text));
  buffer.write(text, PREAMBLE);
  const checksum = checksumOf(buffer.subarray(PREAMBLE));
  buffer.write(`${MAGIC}${checksum.toString(16).padStart(8, '0')}\n`, 0, 'latin1');
  return buffer;
}
