/**
 * Frames: how many cells travel as few messages. A frame carries up to FRAME_CELLS cells; the last one carries the end
 * mark. Frames of one flush or range stand in order in one partition, so they are put together as they are read.
 */
import { checksum32 } from '@tenon/domain';
import type { EndMark, FlushFrame, RangeFrame, StatesMessage, WireCell } from './states';
import type { UnknownVersion } from './versions';
import { VERSIONS, unknownVersion } from './versions';

/** Cells per frame: some 100 KiB of JSON, well below a broker's usual 1 MiB. */
export const FRAME_CELLS = 1000;
/** A frame ends early once its cells' JSON is this long, since a single sketch can be large. */
const FRAME_CHARS = 400_000;

/** Flushes and ranges stand in one topic and are told apart by their type, so they have one version. */
const VERSION = VERSIONS.flush.writes satisfies typeof VERSIONS.range.writes;

type Head<F> = Omit<F, 'seq' | 'cells' | 'end' | 'v'>;
type End<F extends StatesMessage> = Omit<NonNullable<F['end']>, keyof EndMark>;

/** Writes the frames of one flush or range, as JSON texts. */
export class FrameWriter<F extends FlushFrame | RangeFrame> {
  private seq = 0;
  private cells = 0;
  private checksum = 0;

  constructor(
    private readonly head: Head<F>,
    private readonly frameCells = FRAME_CELLS,
  ) {}

  /** Frames for some of the cells. */
  *write(cells: readonly WireCell[]): Generator<string> {
    let texts: string[] = [];
    let chars = 0;
    for (const cell of cells) {
      const text = JSON.stringify(cell);
      texts.push(text);
      chars += text.length;
      if (texts.length >= this.frameCells || chars >= FRAME_CHARS) {
        yield this.frame(texts);
        texts = [];
        chars = 0;
      }
    }
    if (texts.length > 0) yield this.frame(texts);
  }

  /** The last frame: the end mark, with the rest of the cells where they fit into it. */
  *finish(cells: readonly WireCell[], end: End<F>): Generator<string> {
    if (cells.length > this.frameCells) {
      yield* this.write(cells);
      cells = [];
    }
    const texts = cells.map((cell) => JSON.stringify(cell));
    const body = this.count(texts);
    const mark = { ...end, frames: this.seq, cells: this.cells, checksum: this.checksum };
    yield `${this.open(body)},"end":${JSON.stringify(mark)}}`;
  }

  private frame(texts: readonly string[]): string {
    return `${this.open(this.count(texts))}}`;
  }

  private count(texts: readonly string[]): string {
    const body = `[${texts.join(',')}]`;
    this.cells += texts.length;
    this.checksum = (this.checksum + checksum32(body)) >>> 0;
    this.seq += 1;
    return body;
  }

  private open(cells: string): string {
    return `${JSON.stringify({ v: VERSION, ...this.head, seq: this.seq - 1 }).slice(0, -1)},"cells":${cells}`;
  }
}

/**
 * What a frame is to its flush or range. `part`: one of them, in order. `whole`: the last one, and all have come.
 * `useless`: a repeat, or one whose flush or range lacks a frame.
 */
export type FrameVerdict = 'part' | 'whole' | 'useless';

/** What a frame adds. */
export interface Assembled {
  readonly verdict: FrameVerdict;
  /** The offset of the first frame of its flush or range. */
  readonly from: number;
  readonly cells: readonly WireCell[];
}

interface Pending {
  readonly firstOffset: number;
  frames: number;
  cells: number;
  checksum: number;
  /** Kept for flushes only: a range is folded frame by frame, since it may be larger than memory. */
  readonly kept: WireCell[];
}

/** Flushes under way in one partition at a time; more than the writers that there can be (an instance and its zombies). */
const MAX_PENDING = 8;

/** Puts the frames of one partition of a states topic together; what lacks a frame never counts as whole. */
export class FrameAssembler {
  private readonly pending = new Map<string, Pending>();

  add(message: StatesMessage, offset: number): Assembled {
    let pending = this.pending.get(message.id);
    if (pending === undefined || message.seq === 0) {
      pending = { firstOffset: offset, frames: 0, cells: 0, checksum: 0, kept: [] };
      this.pending.set(message.id, pending);
      this.dropAbandoned();
    }
    if (message.seq !== pending.frames) {
      if (message.seq > pending.frames) this.pending.delete(message.id);
      return { verdict: 'useless', from: offset, cells: [] };
    }
    const from = pending.firstOffset;
    pending.frames += 1;
    pending.cells += message.cells.length;
    pending.checksum = (pending.checksum + checksum32(JSON.stringify(message.cells))) >>> 0;
    if (message.type === 'flush') for (const cell of message.cells) pending.kept.push(cell);
    if (message.end === undefined) return { verdict: 'part', from, cells: message.cells };
    this.pending.delete(message.id);
    const { frames, cells, checksum } = message.end;
    const whole = frames === pending.frames && cells === pending.cells && checksum === pending.checksum;
    if (!whole) return { verdict: 'useless', from, cells: [] };
    return { verdict: 'whole', from, cells: message.type === 'flush' ? pending.kept : message.cells };
  }

  /** Forgets the oldest, whose writer died half-way: it must not hold back `resumeAt` for ever. */
  private dropAbandoned(): void {
    for (const id of this.pending.keys()) {
      if (this.pending.size <= MAX_PENDING) return;
      this.pending.delete(id);
    }
  }

  /** The offset to read again from after a restart: the first frame that is still waiting, else `next`. */
  resumeAt(next: number): number {
    let resume = next;
    for (const { firstOffset } of this.pending.values()) resume = Math.min(resume, firstOffset);
    return resume;
  }
}

/** A record of a states topic that is no message. `newer`: of a version that this release can't read. */
export interface Unreadable {
  readonly reason: string;
  readonly newer: UnknownVersion | null;
}

/** @returns the message, or why it is none that this release can read */
export function parseStatesMessage(value: Uint8Array): StatesMessage | Unreadable {
  let message: unknown;
  try {
    message = JSON.parse(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8'));
  } catch {
    return { reason: 'not JSON', newer: null };
  }
  const { v, type } = (message ?? {}) as { v?: unknown; type?: unknown };
  if (v !== VERSIONS.flush.writes) {
    const newer = unknownVersion('flush', v) ?? null;
    if (newer !== null || !Number.isSafeInteger(v))
      return { reason: `version ${String(v)} of the states format is not known`, newer };
  }
  if (type !== 'flush' && type !== 'range')
    return { reason: `type ${String(type)} is not known`, newer: null };
  return message as StatesMessage;
}
