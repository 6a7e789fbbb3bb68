/** Hands states to the landing zone: one flush per product and lane, in frames, in the order they were made. */
import type { FlushFrame } from '@tenon/contracts';
import { FrameWriter, HEADERS, TOPICS, versionText } from '@tenon/contracts';
import { barrierTime, laneKey } from '@tenon/domain';
import type { Ids, LogRecord, NewRecord } from '@tenon/ports';
import type { ProductLayout } from '@tenon/views';
import { flushPartition } from '@tenon/views';
import type { LivePartition } from './partition';

const VERSION = versionText('flush');

export interface FlushDeps {
  readonly ids: Ids;
  readonly config: { readonly frameCells: number };
}

/** What is to be written for one product. */
export interface PendingFlush {
  readonly topic: string;
  /** The lanes that it is of. */
  readonly lives: readonly LivePartition[];
  readonly records: NewRecord[];
  readonly cells: number;
}

/**
 * The frames of what changed in one lane since its last flush.
 *
 * @param barrier that has ended the epoch: this is its last flush; null: it is open
 */
export function makeFlush(
  deps: FlushDeps,
  { product, plan, lanes }: ProductLayout,
  live: LivePartition,
  barrier: LogRecord | null,
): PendingFlush | null {
  const { lane, judge, products } = live;
  const open = products.get(product);
  const to = judge.next;
  const taken = open?.take(to);
  if (open === undefined || !taken) return null;
  const { source, partition } = lane;
  const { epoch, start } = open;
  const id = deps.ids.next();
  const writer = new FrameWriter<FlushFrame>(
    { type: 'flush', product, hash: plan.hash, id, source, partition, epoch, start, from: taken.from, to },
    deps.config.frameCells,
  );
  const values: Uint8Array[] = [];
  for (const cell of taken.cells) {
    const frame = writer.add(cell);
    if (frame !== null) values.push(frame);
  }
  const { ledger, watermark, horizon } = taken;
  const closedAt = barrier === null ? null : barrierTime(barrier.timestamp);
  const closed = { closed: barrier !== null, closedAt, next: judge.cursor.epoch };
  values.push(writer.finish({ ...closed, ledger, watermark, ...(horizon !== undefined && { horizon }) }));
  const place = {
    partition: flushPartition({ lanes }, lane),
    key: laneKey(source, partition),
    headers: { [HEADERS.version]: VERSION },
  };
  const records = values.map((value) => ({ ...place, value }));
  return { topic: TOPICS.flushes(product), lives: [live], records, cells: taken.count };
}
