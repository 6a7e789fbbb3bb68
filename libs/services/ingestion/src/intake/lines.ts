/** NDJSON: bytes as they arrive to whole lines, with a bound on the length of each. */

/** Lines that came whole; `text` holds them joined by newlines. */
export interface Lines {
  /** Complete lines, without the newline at the end. */
  readonly bytes: Uint8Array;
  /** A line before these was over the limit and has been left out. */
  readonly dropped: boolean;
}

const NEWLINE = 10;

export class LineSplitter {
  private pending: Uint8Array[] = [];
  private pendingBytes = 0;
  /** Within a line that is over the limit, until its newline. */
  private dropping = false;

  constructor(private readonly maxLineBytes: number) {}

  /** @returns what the chunk completes, in order */
  push(chunk: Uint8Array): Lines[] {
    const first = chunk.indexOf(NEWLINE);
    if (first < 0) {
      this.keep(chunk);
      return [];
    }
    const last = chunk.lastIndexOf(NEWLINE);
    const complete: Lines[] = [this.finish(chunk.subarray(0, first))];
    if (last > first) complete.push({ bytes: chunk.subarray(first + 1, last), dropped: false });
    if (last + 1 < chunk.length) this.keep(chunk.subarray(last + 1));
    return complete;
  }

  /** @returns the last line, if it has no newline */
  end(): Lines[] {
    return this.dropping || this.pendingBytes > 0 ? [this.finish(new Uint8Array(0))] : [];
  }

  private keep(part: Uint8Array): void {
    if (this.dropping || part.length === 0) return;
    this.pending.push(part);
    this.pendingBytes += part.length;
    if (this.pendingBytes <= this.maxLineBytes) return;
    this.dropping = true;
    this.pending = [];
    this.pendingBytes = 0;
  }

  private finish(part: Uint8Array): Lines {
    if (this.pendingBytes > 0 || this.dropping) this.keep(part);
    const { dropping, pending } = this;
    const bytes = dropping ? new Uint8Array(0) : pending.length === 0 ? part : Buffer.concat(pending);
    this.dropping = false;
    this.pending = [];
    this.pendingBytes = 0;
    return { bytes, dropped: dropping };
  }
}
