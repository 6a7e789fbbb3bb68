/** Messages of `tenon.states.<product>`: what the layers hand to the landing zone. */
import type { LedgerCounts, Offsets, State, Value } from '@tenon/domain';

/** A cell on the wire: its key and its states, in the plan's order. */
export type WireCell = readonly [key: readonly Value[], states: readonly State[]];

interface Frame {
  readonly v: 1;
  readonly product: string;
  readonly version: number;
  /** The plan's hash: states of another definition are never merged. */
  readonly hash: string;
  /** Frames of one flush or range share an id and count up from 0. */
  readonly id: string;
  readonly seq: number;
  readonly cells: readonly WireCell[];
}

/** The end mark: without it, or with other counts, the whole flush or range is as if it had never come. */
export interface EndMark {
  readonly frames: number;
  readonly cells: number;
  /** The sum of the frames' checksums, modulo 2^32. */
  readonly checksum: number;
}

/**
 * Cells of one epoch and partition that changed in the offsets [from, to), with absolute states: the fold of the
 * epoch's records from `start` to `to`.
 */
export interface FlushFrame extends Frame {
  readonly type: 'flush';
  readonly partition: number;
  readonly epoch: number;
  /** The epoch's first offset in the partition. */
  readonly start: number;
  readonly from: number;
  readonly to: number;
  readonly end?: EndMark & {
    /** The epoch ended at `to`: its last record is the barrier before. */
    readonly closed: boolean;
    /** Of the epoch from `start` to `to`. */
    readonly ledger: LedgerCounts;
    /** The start of the latest window that the epoch has touched in this partition, microseconds; null if none. */
    readonly watermark: number | null;
    /** The epoch that begins at `to`, where `closed` (barriers may skip numbers). */
    readonly next: number;
  };
}

/** States of a range of the archive, [cut from, cut to), over all partitions. From cut 0: a new line. */
export interface RangeFrame extends Frame {
  readonly type: 'range';
  /** The generation that it builds on: 0 for a full recomputation. */
  readonly from: number;
  /** The generation that it makes. */
  readonly to: number;
  readonly full: boolean;
  /** The line of base views that it is meant for: the served one, or the next one for a full recomputation. */
  readonly line: number;
  readonly end?: EndMark & {
    /** The offsets of cut `from` and cut `to`. */
    readonly cutFrom: Offsets;
    readonly cutTo: Offsets;
    /** Partition → the epoch that begins at `cutTo`: `to`, or a later one where barriers skipped numbers. */
    readonly epochs: Readonly<Record<string, number>>;
    /** The start of the latest window in the range, microseconds; null if none. */
    readonly watermark: number | null;
    /** Of the range. */
    readonly ledger: LedgerCounts;
  };
}

export type StatesMessage = FlushFrame | RangeFrame;
