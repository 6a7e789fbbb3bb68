/** A cut that every partition of a source's archive has passed. */
import type { Epoch, Offset, Partition } from '@tenon/domain';

export interface CompleteCut {
  readonly epoch: Epoch;
  /** Where each partition's epoch begins. */
  readonly offsets: ReadonlyMap<Partition, Offset>;
  /** The epoch that begins there; later than `epoch` where barriers skipped numbers. */
  readonly epochs: ReadonlyMap<Partition, Epoch>;
  /** It asks for everything before it to be computed anew. */
  readonly full: boolean;
  /** The traceparent of the cut's span, where its barrier was read here. */
  readonly trace?: string | undefined;
}
