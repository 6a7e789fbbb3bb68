/**
 * What services of edition 2 write to `tenon.states.<product>`: flushes and ranges in one topic, each frame one JSON document
 * with its cells in it, and a checksum over the cells' JSON in the end mark. To be deleted with edition 4.
 */
import type {
  Epoch,
  Generation,
  LedgerCounts,
  Line,
  Offset,
  Offsets,
  Partition,
  SqlType,
  State,
  Value,
} from '@tenon/domain';
import { cellKey, checksum32, lanesOf, productId } from '@tenon/domain';
import type { CommitMessage, FlushFrame, SliceFrame, WireCell } from '../states';
import { unknownVersion } from '../versions';
import type { ReadFrame, Unreadable } from './read-frame';

interface Frame {
  readonly v: 1;
  readonly product: string;
  readonly version: number;
  readonly hash: string;
  readonly id: string;
  readonly seq: number;
  readonly cells: readonly (readonly [key: readonly Value[], states: readonly State[]])[];
}

interface EndMark {
  readonly frames: number;
  readonly cells: number;
  /** The sum of the frames' checksums, modulo 2^32. */
  readonly checksum: number;
}

export interface FlushOfEdition2 extends Frame {
  readonly type: 'flush';
  readonly partition: Partition;
  readonly epoch: Epoch;
  readonly start: Offset;
  readonly from: Offset;
  readonly to: Offset;
  readonly end?: EndMark & {
    readonly closed: boolean;
    readonly ledger: LedgerCounts;
    readonly watermark: number | null;
    readonly next: Epoch;
  };
}

export interface RangeOfEdition2 extends Frame {
  readonly type: 'range';
  readonly from: Generation;
  readonly to: Generation;
  readonly full: boolean;
  readonly line: Line;
  readonly end?: EndMark & {
    readonly cutFrom: Offsets;
    readonly cutTo: Offsets;
    readonly epochs: Readonly<Record<string, Epoch>>;
    readonly watermark: number | null;
    readonly ledger: LedgerCounts;
  };
}

/** What a record of edition 2 comes to: a frame, and with the end of a range its commit as well. */
export interface ReadOfEdition2 {
  readonly frame: ReadFrame<FlushFrame> | ReadFrame<SliceFrame>;
  readonly commit: CommitMessage | null;
}

/** Reads the records of one partition, in order: checksums run over all frames of a flush or range. */
export class Edition2Reader {
  private readonly checksums = new Map<string, number>();

  /**
   * @param source of the product
   * @param types of the product's key
   */
  constructor(
    private readonly source: string,
    private readonly types: readonly SqlType[],
  ) {}

  read(value: Uint8Array): ReadOfEdition2 | Unreadable {
    const message = parse(value);
    if ('reason' in message) return message;
    const sum = this.checksum(message);
    if (message.end !== undefined && message.end.checksum !== sum)
      return { reason: 'its checksum is not that of its cells', damaged: true, newer: null };
    const cells = message.cells.map(([key, states]): WireCell => ({
      id: cellKey(this.types, key),
      key: JSON.stringify(key),
      states: JSON.stringify(states),
    }));
    if (message.type === 'flush') return { frame: { message: this.flush(message), cells }, commit: null };
    return { frame: { message: sliceOf(message), cells }, commit: this.commit(message) };
  }

  private checksum({ id, seq, cells, end }: Frame & { readonly end?: EndMark }): number {
    const before = seq === 0 ? 0 : (this.checksums.get(id) ?? 0);
    const sum = (before + checksum32(JSON.stringify(cells))) >>> 0;
    if (end === undefined) this.checksums.set(id, sum);
    else this.checksums.delete(id);
    return sum;
  }

  private flush({ end, cells: _, version, product, ...rest }: FlushOfEdition2): FlushFrame {
    const head = { ...rest, v: 2 as const, product: productId(product, version), source: this.source };
    return end === undefined ? head : { ...head, end: { ...end, closedAt: null } };
  }

  private commit(range: RangeOfEdition2): CommitMessage | null {
    if (range.end === undefined) return null;
    const { cutTo, epochs, watermark, ledger } = range.end;
    const { full, line, from, to, hash } = range;
    return {
      ...{ v: 2, type: 'commit', product: productId(range.product, range.version), hash },
      ...{ range: range.id, full, line, from, to, slices: 1 },
      ...{ cut: lanesOf(this.source, cutTo), epochs: lanesOf(this.source, epochs) },
      ...{ barriers: {}, watermark, ledger },
    };
  }
}

/** A range of edition 2 is one slice. */
function sliceOf({
  product,
  version,
  hash,
  id,
  seq,
  full,
  line,
  from,
  to,
  end,
}: RangeOfEdition2): SliceFrame {
  return {
    ...{ v: 2, type: 'slice', product: productId(product, version), hash, id, seq },
    ...{ range: id, slice: 0, full, line, from, to },
    ...(end !== undefined && { end: { frames: end.frames, cells: end.cells } }),
  };
}

function parse(value: Uint8Array): FlushOfEdition2 | RangeOfEdition2 | Unreadable {
  let message: unknown;
  try {
    message = JSON.parse(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8'));
  } catch {
    return { reason: 'not JSON', damaged: false, newer: null };
  }
  const { v, type, cells } = (message ?? {}) as { v?: unknown; type?: unknown; cells?: unknown };
  const newer = unknownVersion('range', v) ?? null;
  if (newer !== null || !Number.isSafeInteger(v))
    return { reason: `version ${String(v)} of the states format is not known`, damaged: false, newer };
  if ((type !== 'flush' && type !== 'range') || !Array.isArray(cells))
    return { reason: `type ${String(type)} is not known`, damaged: false, newer: null };
  return message as FlushOfEdition2 | RangeOfEdition2;
}
