/** What is wrong with a product, as it is written down, and which of what is written down is the same, or over. */
import type { Offset, Partition } from './numbers';

export type TroubleLayer = 'ingestion' | 'speed' | 'batch' | 'consumption' | 'serving';

/**
 * Something is wrong with one product, or with one lane of it, and its answers say so: they are `incomplete` as long as it
 * stands in the book. Whoever isolates a product writes it down, and takes it back when the product is well again.
 */
export interface Trouble {
  readonly layer: TroubleLayer;
  /** Stable, see docs/errors.md. */
  readonly code: string;
  /** For people: what is wrong, where, and how to mend it. */
  readonly reason: string;
  /** Absent: it is of the product as a whole. */
  readonly source?: string;
  readonly partition?: Partition;
  /** The records that it is about: [from, to). */
  readonly from?: Offset;
  readonly to?: Offset;
  /** When it was first reported, milliseconds since the epoch. */
  readonly since: number;
}

/** Which troubles are over: all of a layer, or those of a code, a source, a partition. */
export type TroublesOver = Pick<Trouble, 'layer'> & Partial<Pick<Trouble, 'code' | 'source' | 'partition'>>;

/** What one report replaces: the same thing, seen again. */
export const isSameTrouble = (a: Omit<Trouble, 'since'>, b: Omit<Trouble, 'since'>): boolean =>
  a.layer === b.layer && a.code === b.code && a.source === b.source && a.partition === b.partition;

export const isTroubleOver = (one: Trouble, over: TroublesOver): boolean =>
  one.layer === over.layer &&
  (over.code === undefined || one.code === over.code) &&
  (over.source === undefined || one.source === over.source) &&
  (over.partition === undefined || one.partition === over.partition);
