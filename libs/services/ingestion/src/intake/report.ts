/** What one call with several events is answered: counts, the receipt, and the items that are worth a word. */
import type { IngestAnswer, IngestItem } from '@tenon/contracts';
import { encodeReceipt } from '@tenon/contracts';
import type { Rejection } from '../events/rejection';
import type { Prepared } from '../events/source-rules';

export type Items = 'rejected' | 'all';

export class CallReport {
  private readonly items: IngestItem[] = [];
  private readonly next = new Map<number, number>();
  private omitted = 0;
  accepted = 0;
  rejected = 0;

  constructor(
    private readonly source: string,
    private readonly wanted: Items,
    private readonly maxItems: number,
  ) {}

  accept(index: number, event: Prepared, offset: number): void {
    const { partition } = event.record;
    this.accepted += 1;
    if (offset >= (this.next.get(partition) ?? 0)) this.next.set(partition, offset + 1);
    if (this.wanted !== 'all') return;
    const position = { source: this.source, partition, offset };
    this.list({ index, code: 'accepted', correlationId: event.correlationId, position });
  }

  reject(index: number, rejection: Rejection, correlationId?: string): void {
    this.rejected += 1;
    this.list(itemOf(index, rejection, correlationId));
  }

  answer(): IngestAnswer & { readonly itemsOmitted?: number } {
    const { accepted, rejected } = this;
    // Pieces of a stream finish after later lines were refused.
    const items = this.items.sort((a, b) => a.index - b.index);
    return {
      accepted,
      rejected,
      receipt: encodeReceipt({ [this.source]: Object.fromEntries(this.next) }),
      ...((items.length > 0 || this.wanted === 'all') && { items }),
      ...(this.omitted > 0 && { itemsOmitted: this.omitted }),
    };
  }

  private list(item: IngestItem): void {
    if (this.items.length < this.maxItems) this.items.push(item);
    else this.omitted += 1;
  }
}

export function itemOf(
  index: number,
  { code, detail, faults }: Rejection,
  correlationId?: string,
): IngestItem {
  const pointer = faults[0]?.pointer;
  return {
    index,
    code,
    ...(pointer !== undefined && { pointer }),
    detail,
    ...(correlationId !== undefined && { correlationId }),
  };
}
