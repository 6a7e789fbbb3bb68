/** Messages of `tenon.flushes.<product>` and `tenon.ranges.<product>`: what the layers hand to the landing zone. */
import type {
  Epoch,
  Generation,
  LedgerCounts,
  Line,
  Offset,
  Partition,
  ProductId,
  RangeCommit,
} from '@tenon/domain';

/**
 * A cell on the wire, as texts: its `cellKey`, and key and states (in the plan's order) as JSON. They travel from the layer
 * that made them into the store as they are: checked where they are read, values only for who computes with them.
 */
export interface WireCell {
  readonly id: string;
  readonly key: string;
  readonly states: string;
}

interface Message {
  readonly v: 2;
  readonly product: ProductId;
  /** The plan's hash: states of another definition are never merged. */
  readonly hash: string;
}

/** A part of a flush or of a slice: parts of one share an id and count up from 0. Its cells follow in the record. */
interface Frame extends Message {
  readonly id: string;
  readonly seq: number;
}

/** The end mark: without it, or with other counts, the whole flush or slice is as if it had never come. */
export interface EndMark {
  readonly frames: number;
  readonly cells: number;
}

/**
 * Cells of one epoch and lane that changed in the offsets [from, to), with absolute states: the fold of the epoch's records
 * from `start` to `to`.
 */
export interface FlushFrame extends Frame {
  readonly type: 'flush';
  readonly source: string;
  readonly partition: Partition;
  readonly epoch: Epoch;
  /** The epoch's first offset in the lane. */
  readonly start: Offset;
  readonly from: Offset;
  readonly to: Offset;
  readonly end?: EndMark & {
    /** The epoch ended at `to`: its last record is the barrier before. */
    readonly closed: boolean;
    /** Of the epoch from `start` to `to`. */
    readonly ledger: LedgerCounts;
    /** The start of the latest window that the epoch has touched in this lane, microseconds; null if none. */
    readonly watermark: number | null;
    /** The `barrierTime` of that barrier; null where not `closed`. */
    readonly closedAt: number | null;
    /** The epoch that begins at `to`, where `closed` (barriers may skip numbers). */
    readonly next: Epoch;
    /**
     * Records of the epoch went because of their age and were passed over: rows of windows that end by then may lack them, and no
     * answer is to have these. Microseconds.
     */
    readonly horizon?: number;
  };
}

interface OfRange extends Message {
  /** Of the range. */
  readonly range: string;
  readonly full: boolean;
  /** The line of base views that it is meant for: the served one, or the next one for a full recomputation. */
  readonly line: Line;
  /** The generation that it builds on: 0 for a full recomputation. */
  readonly from: Generation;
  /** The generation that it makes. */
  readonly to: Generation;
}

/** Some of the cells of a range of the archive, [cut from, cut to), over all lanes; each cell is in one slice. */
export interface SliceFrame extends Frame, OfRange {
  readonly type: 'slice';
  /** Slices of a range count up from 0, each in one partition. */
  readonly slice: number;
  readonly end?: EndMark;
}

/** All slices of a range are written: the pointer may move once they have landed. */
export interface CommitMessage extends OfRange, RangeCommit {
  readonly type: 'commit';
}

export type StatesMessage = FlushFrame | SliceFrame | CommitMessage;
