/** Documents and keys of the product store: written by consumption, read by serving, speed and batch. */
import type { LedgerCounts, Offsets, State, Value } from '@tenon/domain';

/** Which base view is served. Moves in one transaction; nothing of a generation is seen before. */
export interface PointerDocument {
  readonly line: number;
  /** The generation that is served: the fold of all epochs before it. */
  readonly generation: number;
  /** Partition → first offset of that epoch. */
  readonly cut: Offsets;
  /** When it moved, milliseconds since the epoch. */
  readonly at: number;
  readonly hash: string;
  /** Of everything before the cut. */
  readonly ledger: LedgerCounts;
  /** The latest event time before the cut, microseconds. */
  readonly watermark: number | null;
}

/** How far one epoch of one partition has landed. */
export interface ProgressDocument {
  readonly start: number;
  /** The next offset that is not included. */
  readonly next: number;
  readonly closed: boolean;
  /** The epoch after this one, where closed. */
  readonly nextEpoch: number;
  readonly ledger: LedgerCounts;
  readonly watermark: number | null;
}

/** A cell of the speed layer (one epoch and partition) or of the base view (one generation). */
export interface CellDocument {
  readonly k: readonly Value[];
  readonly s: readonly State[];
}

const digits = (n: number) => String(n).padStart(12, '0');

/** `<product>@<version>`, the prefix of all its keys. */
export const productKey = (product: string, version: number) => `${product}@${version}`;

export const STORE_KEYS = {
  pointer: (product: string) => `pointer/${product}`,
  progress: (product: string, epoch: number, partition: number) =>
    `progress/${product}/${digits(epoch)}/${digits(partition)}`,
  progressRange: (product: string) => ({ gte: `progress/${product}/`, lt: `progress/${product}0` }),
  /** How far consumption has read a states topic: the offset to resume at. */
  consumed: (topic: string, partition: number) => `consumed/${topic}/${digits(partition)}`,
  speed: (product: string, epoch: number, partition: number, cell: string) =>
    `${product}/${digits(epoch)}/${digits(partition)}/${cell}`,
  base: (product: string, line: number, cell: string, generation: number) =>
    `${product}/${digits(line)}/${cell}!${digits(generation)}`,
} as const;
