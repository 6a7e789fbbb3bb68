/** Which records of sources are gone for good, by the word of whoever runs Tenon: readers go on behind them. */
import type { Offset, Partition } from '@tenon/domain';

export interface Loss {
  readonly partition: Partition;
  /** The records [from, to). */
  readonly from: Offset;
  readonly to: Offset;
  /** When it was accepted, milliseconds since the epoch. */
  readonly at: number;
  /** Who has accepted it; null: nobody is asked who he is. */
  readonly by: string | null;
  /** In the words of whoever did. */
  readonly reason?: string;
}

export interface LossBook {
  /** In the order in which they were accepted. @throws UnsupportedVersion */
  read(source: string): Promise<readonly Loss[]>;
  /** Nothing if the same records are in the book. @returns what stands there */
  accept(source: string, loss: Loss): Promise<Loss>;
}
