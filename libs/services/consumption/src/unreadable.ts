/** Records of a topic that are no message that this release can read: counted and logged, never passed over in silence. */
import type { Unreadable } from '@tenon/contracts';
import { UnsupportedVersion } from '@tenon/contracts';
import type { Offset, Partition, ProductId } from '@tenon/domain';
import type { Logger } from '@tenon/ports';

export class UnreadableRecords {
  readonly counts = { unreadable: 0, damaged: 0 };

  constructor(
    private readonly logger: Logger,
    private readonly product: ProductId,
    private readonly topic: string,
  ) {}

  /** @throws UnsupportedVersion if it is of a newer release: nothing may be passed over that another could read */
  passOver(partition: Partition, offset: Offset, { reason, damaged, newer }: Unreadable): void {
    const { product, topic } = this;
    if (newer !== null)
      throw new UnsupportedVersion(newer, `${topic}, partition ${partition}, offset ${offset}`);
    this.counts[damaged ? 'damaged' : 'unreadable'] += 1;
    this.logger.error({ product, topic, partition, offset, reason, damaged }, 'unreadable states message');
  }
}
