/** What the specs of frames have in common. */
import type { FlushFrame, SliceFrame, WireCell } from '../states';
import { FrameWriter } from './frame-writer';
import type { ReadFrame } from './read-frame';
import { isUnreadable, readFrame } from './read-frame';

export const FLUSH = {
  type: 'flush',
  product: 'p@1',
  hash: 'h',
  source: 's',
  partition: 0,
  epoch: 0,
  start: 0,
  from: 0,
  to: 9,
} as const;

export const FLUSH_END = {
  closed: false,
  next: 0,
  closedAt: null,
  watermark: null,
  ledger: { aggregated: 9, filtered: 0, duplicate: 0, deadLettered: 0, expired: 0, control: 0 },
} as const;

/** Cells that are whatever they are numbered. */
export const cellsOf = (count: number): WireCell[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `skey ${index}!`,
    key: `["key ${index}"]`,
    states: `[${index},"é"]`,
  }));

/** The records of a flush, some cells in each. */
export function flushOf(cells: readonly WireCell[], id = 'a', frameCells?: number): Uint8Array[] {
  const writer = new FrameWriter<FlushFrame>({ ...FLUSH, id }, frameCells);
  return [...cells.flatMap((cell) => writer.add(cell) ?? []), writer.finish(FLUSH_END)];
}

/** A record that is a frame. @throws where it is none */
export function frameOf(value: Uint8Array): ReadFrame<FlushFrame> | ReadFrame<SliceFrame> {
  const read = readFrame(value);
  if (isUnreadable(read)) throw new Error(read.reason);
  if (read.message.type === 'commit') throw new Error('a commit is no frame');
  return read as ReadFrame<FlushFrame>;
}
