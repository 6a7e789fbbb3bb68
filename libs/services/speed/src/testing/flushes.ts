/** Reads back what speed wrote. */
import type { FlushFrame } from '@tenon/contracts';
import { TOPICS, isUnreadable, readFrame } from '@tenon/contracts';
import type { ProductId } from '@tenon/domain';
import type { NewRecord } from '@tenon/ports';
import type { MemoryLog } from '@tenon/testing';

export interface ReadFlush {
  readonly message: FlushFrame;
  /** `<hour>:<shop>` → count. */
  readonly cells: Readonly<Record<string, number>>;
}

export function readFlush({ value }: Pick<NewRecord, 'value'>): ReadFlush {
  const read = readFrame(value as Uint8Array);
  if (isUnreadable(read) || read.message.type !== 'flush') throw new Error('no flush');
  const cells = read.cells.map(({ key, states }) => {
    const [window, shop] = JSON.parse(key) as [string, string];
    const [count] = JSON.parse(states) as [number];
    return [`${window.slice(11, 13)}:${shop}`, count] as const;
  });
  return { message: read.message, cells: Object.fromEntries(cells) };
}

/** What stands in the log, in the order of partitions and offsets. */
export const flushesIn = (log: MemoryLog, product: ProductId = 'per_shop@1'): ReadFlush[] =>
  log.all(TOPICS.flushes(product)).map(readFlush);

/** `epoch [from, to)` of each, with a `.` where the epoch ends. */
export const spansIn = (log: MemoryLog, product?: ProductId): string[] =>
  flushesIn(log, product).map(
    ({ message: { epoch, from, to, partition, end } }) =>
      `p${partition} e${epoch} ${from}-${to}${end?.closed === true ? '.' : ''}`,
  );
