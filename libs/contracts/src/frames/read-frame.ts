/** Reading a record of a flushes or ranges topic: its checksum first, then the header; cells stay texts, each of which is JSON. */
import type { CellShape, Plan, ProductId } from '@tenon/domain';
import { checksumOf } from '@tenon/domain';
import { misfit } from '../guards';
import type { FlushFrame, SliceFrame, StatesMessage, WireCell } from '../states';
import type { UnknownVersion } from '../versions';
import { unknownVersion } from '../versions';
import { MAGIC, PREAMBLE } from './frame-writer';

/**
 * A record that is no message. `damaged`: what was read is not what was written. `newer`: of a version that this release
 * can't read; it must not be passed over.
 */
export interface Unreadable {
  readonly reason: string;
  readonly damaged: boolean;
  readonly newer: UnknownVersion | null;
}

/** A message and its cells; a commit has none. */
export type ReadFrame<M extends StatesMessage = StatesMessage> = M extends unknown
  ? { readonly message: M; readonly cells: readonly WireCell[] }
  : never;

export const isUnreadable = (read: object): read is Unreadable => 'reason' in read;

/** Of the types whose versions differ in what they mean. */
const TYPES = ['flush', 'slice', 'commit'] as const;

/** Whose states are read: those of another product, or of another definition of it, are its reader's to pass over. */
export interface ReadFor {
  readonly product: ProductId;
  readonly plan: Pick<Plan, 'hash'>;
  readonly shape: CellShape;
}

/**
 * @param reader absent: cells may be of any shape
 * @returns the message, or why it is none that this release can read
 */
export function readFrame(value: Uint8Array, reader?: ReadFor): ReadFrame | Unreadable {
  const buffer = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const preamble = buffer.toString('latin1', 0, PREAMBLE);
  if (!preamble.startsWith(MAGIC)) return unreadable('it does not begin as a states message does');
  const body = buffer.subarray(PREAMBLE);
  if (!/^[0-9a-f]{8}\n$/.test(preamble.slice(MAGIC.length))) return unreadable('it has no checksum', true);
  if (parseInt(preamble.slice(MAGIC.length), 16) !== checksumOf(body))
    return unreadable('its checksum is not that of its bytes', true);
  const text = body.toString('utf8');
  const headEnd = text.indexOf('\n');
  const message = headOf(text.slice(0, Math.max(headEnd, 0)));
  if (isUnreadable(message)) return message;
  if (message.type === 'commit') return { message, cells: [] };
  const isMine = message.product === reader?.product && message.hash === reader.plan.hash;
  const cells = cellsOf(text, headEnd + 1, isMine ? reader.shape : ANY);
  if (cells === null) return unreadable('a cell of it is not an id, a key and states of this product', true);
  return { message, cells } as ReadFrame<FlushFrame> | ReadFrame<SliceFrame>;
}

function headOf(text: string): StatesMessage | Unreadable {
  let head: unknown;
  try {
    head = JSON.parse(text);
  } catch {
    return unreadable('its first line is not JSON');
  }
  const { v, type } = (head ?? {}) as { v?: unknown; type?: unknown };
  const known = TYPES.find((one) => one === type);
  const newer = unknownVersion(known ?? 'flush', v);
  if (newer !== undefined)
    return { ...unreadable(`version ${String(v)} of the states format is not known`), newer };
  if (known === undefined) return unreadable(`type ${String(type)} is not known`);
  if (!Number.isSafeInteger(v)) return unreadable(`it has no version but ${String(v)}`);
  const reason = misfit(known, head);
  if (reason !== undefined) return unreadable(`it is no ${known}: ${reason}`);
  return head as StatesMessage;
}

const ANY: CellShape = { fits: (key, states) => Array.isArray(key) && Array.isArray(states) };

/** JSON in each character, and of the shape: whoever folds or serves the cell later could only fail on it, or say what is wrong. */
function isCell(key: string, states: string, shape: CellShape): boolean {
  try {
    return shape.fits(JSON.parse(key), JSON.parse(states));
  } catch {
    return false;
  }
}

/** Null where a line is none of a cell. */
function cellsOf(text: string, from: number, shape: CellShape): WireCell[] | null {
  const cells: WireCell[] = [];
  for (let at = from; at < text.length;) {
    const first = text.indexOf('\t', at);
    const second = text.indexOf('\t', first + 1);
    const end = text.indexOf('\n', second + 1);
    // The id of a total, which has no keys, is the empty text.
    if (first < at || second < 0 || end < 0) return null;
    const [key, states] = [text.slice(first + 1, second), text.slice(second + 1, end)];
    if (!isCell(key, states, shape)) return null;
    cells.push({ id: text.slice(at, first), key, states });
    at = end + 1;
  }
  return cells;
}

const unreadable = (reason: string, damaged = false): Unreadable => ({ reason, damaged, newer: null });
