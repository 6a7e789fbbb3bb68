/** Hands the states of a range to the landing zone: slices in turn over the partitions of the product's topic, and a commit. */
import type { CommitMessage, SliceFrame, WireCell } from '@tenon/contracts';
import { FrameWriter, HEADERS, TOPICS, encodeMessage, versionText } from '@tenon/contracts';
import type { Move, RangeHead } from '@tenon/domain';
import { cellKey } from '@tenon/domain';
import { Turns } from '@tenon/loops';
import type { Clock, EventLog, Ids, NewRecord, PartialCell, Span } from '@tenon/ports';
import { contextHeaders } from '@tenon/telemetry';
import type { ProductLayout } from '@tenon/views';
import { merged, sorted } from './sorted-cells';

const VERSION = versionText('slice');

/** How many frames are appended at a time. */
const FRAMES_PER_APPEND = 8;

/** Cells that are sorted, or looked at, in one turn. */
const PIECE = 500;

/** A slice of large cells ends here, since it is held until it is written. */
const SLICE_CHARS = 16 << 20;

export interface RangeWriterDeps {
  readonly log: EventLog;
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>;
  readonly ids: Ids;
  readonly config: { readonly frameCells: number; readonly sliceCells: number };
}

export class RangeWriter {
  private readonly range: string;
  private readonly topic: string;
  private readonly headers: Readonly<Record<string, string>>;
  private slices = 0;
  /** The cells of the next slice: sorted pieces, and those of the next one. */
  private pieces: WireCell[][] = [];
  private open: WireCell[] = [];
  private cellsOpen = 0;
  private chars = 0;
  private waiting: NewRecord[] = [];
  private total = 0;
  private readonly turns: Turns;

  /** @param span of the run; the frames carry it */
  constructor(
    private readonly deps: RangeWriterDeps,
    private readonly layout: ProductLayout,
    private readonly head: RangeHead,
    span?: Span,
  ) {
    this.turns = new Turns(deps.clock);
    this.range = deps.ids.next();
    this.topic = TOPICS.ranges(layout.product);
    this.headers = { [HEADERS.version]: VERSION, ...contextHeaders(span) };
  }

  /** Cells that were written. */
  get cells(): number {
    return this.total;
  }

  /** Writes some of the cells; each cell of a range comes once. */
  async write(cells: readonly PartialCell[]): Promise<void> {
    for (const cell of cells) {
      const text = wireCell(this.layout, cell);
      this.open.push(text);
      this.cellsOpen += 1;
      this.chars += text.id.length + text.key.length + text.states.length;
      if (this.open.length >= PIECE) await this.endPiece();
      if (this.cellsOpen >= this.deps.config.sliceCells || this.chars >= SLICE_CHARS) await this.endSlice();
    }
    this.total += cells.length;
  }

  private async endPiece(): Promise<void> {
    this.pieces.push(sorted(this.open));
    this.open = [];
    if (this.turns.isDue) await this.turns.next();
  }

  /** In the order of keys: whoever lands some of it at a time then changes few pages of the store, and not all of them. */
  private async endSlice(): Promise<void> {
    if (this.cellsOpen === 0) return;
    await this.endPiece();
    const cells = await merged(this.pieces, this.turns);
    this.pieces = [];
    this.cellsOpen = 0;
    this.chars = 0;
    const writer = this.frames();
    for (const cell of cells) {
      const frame = writer.add(cell);
      if (frame === null) continue;
      await this.put(frame);
      if (this.turns.isDue) await this.turns.next();
    }
    await this.put(writer.finish({}));
    this.slices += 1;
  }

  private frames(): FrameWriter<SliceFrame> {
    const { product, plan } = this.layout;
    const id = `${this.range}/${this.slices}`;
    const { full, line, from, to } = this.head;
    const head = { type: 'slice', product, hash: plan.hash, id, range: this.range } as const;
    return new FrameWriter<SliceFrame>(
      { ...head, slice: this.slices, full, line, from, to },
      this.deps.config.frameCells,
    );
  }

  /** All is written: what the pointer moves to. */
  async commit({ cut, epochs, barriers, ledger, watermark }: Move): Promise<void> {
    await this.endSlice();
    const { product, plan } = this.layout;
    const { full, line, from, to } = this.head;
    const head = {
      type: 'commit',
      product,
      hash: plan.hash,
      range: this.range,
      full,
      line,
      from,
      to,
    } as const;
    const end = { slices: this.slices, cut, epochs, barriers, ledger, watermark };
    await this.put(encodeMessage<CommitMessage>({ ...head, ...end }));
    await this.append();
  }

  private async put(value: Uint8Array): Promise<void> {
    const partition = this.slices % this.layout.lanes.length;
    this.waiting.push({ partition, key: this.range, value, headers: this.headers });
    if (this.waiting.length >= FRAMES_PER_APPEND) await this.append();
  }

  private async append(): Promise<void> {
    const { waiting } = this;
    this.waiting = [];
    if (waiting.length > 0) await this.deps.log.append(this.topic, waiting, { ack: 'relaxed' });
  }
}

const wireCell = ({ types }: ProductLayout, { key, states }: PartialCell): WireCell => ({
  id: cellKey(types, key),
  key: JSON.stringify(key),
  states: JSON.stringify(states),
});
