/**
 * Puts the frames of one partition together; what lacks a frame never counts as whole. Frames of one flush or slice stand in
 * order in one partition; those of several writers (an instance and its zombies) may alternate.
 */
import type { Offset } from '@tenon/domain';
import type { FlushFrame, SliceFrame, WireCell } from '../states';

/**
 * What a frame is to its flush or slice. `part`: one of them, in order. `whole`: the last one, and all have come.
 * `useless`: a repeat, or one whose flush or slice lacks a frame.
 */
export type FrameVerdict = 'part' | 'whole' | 'useless';

interface Pending {
  readonly firstOffset: Offset;
  frames: number;
  cells: number;
  readonly kept: WireCell[];
}

/** Flushes or slices under way in one partition at a time; more than the writers that there can be. */
const MAX_PENDING = 8;

export class FrameAssembler {
  private readonly pending = new Map<string, Pending>();

  /** @param keeps a flush lands as a whole, so its cells are kept until then; those of a slice land as they come */
  constructor(private readonly keeps: 'cells' | 'nothing') {}

  /** @returns with `whole` the cells that are kept */
  add(
    { id, seq, end }: FlushFrame | SliceFrame,
    cells: readonly WireCell[],
    offset: Offset,
  ): { readonly verdict: FrameVerdict; readonly kept: readonly WireCell[] } {
    let pending = this.pending.get(id);
    if (pending === undefined || seq === 0) {
      pending = { firstOffset: offset, frames: 0, cells: 0, kept: [] };
      this.pending.delete(id);
      this.pending.set(id, pending);
      this.dropAbandoned();
    }
    if (seq !== pending.frames) {
      if (seq > pending.frames) this.pending.delete(id);
      return USELESS;
    }
    pending.frames += 1;
    pending.cells += cells.length;
    if (this.keeps === 'cells') for (const cell of cells) pending.kept.push(cell);
    if (end === undefined) return PART;
    this.pending.delete(id);
    const whole = end.frames === pending.frames && end.cells === pending.cells;
    return whole ? { verdict: 'whole', kept: pending.kept } : USELESS;
  }

  /** Its frames are of no use any more, nor are those that follow. */
  forget(id: string): void {
    this.pending.delete(id);
  }

  /** Forgets the oldest, whose writer died half-way: it must not hold back `resumeAt` for ever. */
  private dropAbandoned(): void {
    for (const id of this.pending.keys()) {
      if (this.pending.size <= MAX_PENDING) return;
      this.pending.delete(id);
    }
  }

  /** The offset to read again from after a restart: the first frame that is still waiting, else `next`. */
  resumeAt(next: Offset): Offset {
    let resume = next;
    for (const { firstOffset } of this.pending.values()) resume = Math.min(resume, firstOffset);
    return resume;
  }
}

const PART = { verdict: 'part', kept: [] } as const;
const USELESS = { verdict: 'useless', kept: [] } as const;
