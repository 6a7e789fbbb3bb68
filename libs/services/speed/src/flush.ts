/** Hands states to the landing zone: one flush per product and partition, in frames, in the order they were made. */
import type { FlushFrame } from '@tenon/contracts';
import { FrameWriter, HEADERS, TOPICS, versionText } from '@tenon/contracts';
import type { Plan } from '@tenon/domain';
import type { EventLog, Ids, NewRecord } from '@tenon/ports';
import type { LivePartition } from './partition';

const VERSION = versionText('flush');

export interface FlushDeps {
  readonly log: EventLog;
  readonly ids: Ids;
  readonly config: { readonly frameCells: number };
}

/** What is written for one product by one round. */
export interface PendingFlush {
  readonly topic: string;
  readonly records: NewRecord[];
  readonly cells: number;
}

/**
 * The frames of what changed in one partition since its last flush.
 *
 * @param closing the barrier that ended the epoch, if this flush closes it
 */
export function makeFlush(
  deps: FlushDeps,
  plan: Plan,
  state: LivePartition,
  closing: { readonly epoch: number; readonly offset: number } | null,
): PendingFlush | null {
  const product = state.products.get(plan.product);
  const to = closing === null ? state.next : closing.offset + 1;
  const taken = product?.take(to);
  if (product === undefined || !taken) return null;
  const head = {
    type: 'flush' as const,
    product: plan.product,
    version: plan.version,
    hash: plan.hash,
    id: deps.ids.next(),
    partition: state.partition,
    epoch: product.epoch,
    start: product.start,
    from: taken.from,
    to,
  };
  const writer = new FrameWriter<FlushFrame>(head, deps.config.frameCells);
  const end = {
    closed: closing !== null,
    next: closing?.epoch ?? product.epoch,
    ledger: taken.ledger,
    watermark: taken.watermark,
  };
  const cells = taken.cells.map((cell) => [cell.key, cell.states] as const);
  const records: NewRecord[] = [];
  for (const value of writer.finish(cells, end))
    records.push({
      partition: state.partition,
      key: String(state.partition),
      value,
      headers: { [HEADERS.version]: VERSION },
    });
  return { topic: TOPICS.states(plan.product), records, cells: cells.length };
}
