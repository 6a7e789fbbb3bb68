/** A partition that is being read from the older tier, some records at a time. */
import type { Offset } from '@tenon/domain';
import type { LogRecord, OlderPart } from '@tenon/ports';

export class OlderReading {
  /** Come, and not given yet. */
  private records: readonly LogRecord[] = [];
  private at = 0;
  private behind: Offset;

  private constructor(
    private readonly parts: AsyncIterator<OlderPart>,
    from: Offset,
  ) {
    this.behind = from;
  }

  /** Null if the older tier does not have the record at `from`. */
  static async begin(parts: AsyncIterable<OlderPart>, from: Offset): Promise<OlderReading | null> {
    const reading = new OlderReading(parts[Symbol.asyncIterator](), from);
    await reading.fetch();
    return reading.behind > from ? reading : null;
  }

  /** The next offset that is to be given. */
  get next(): Offset {
    return this.records[this.at]?.offset ?? this.behind;
  }

  /** Up to so many records; none where the older tier ends. */
  async take(maxRecords: number): Promise<readonly LogRecord[]> {
    while (this.at >= this.records.length) if (!(await this.fetch())) return [];
    const taken = this.records.slice(this.at, this.at + maxRecords);
    this.at += taken.length;
    return taken;
  }

  /** @returns false at the end */
  private async fetch(): Promise<boolean> {
    const { value, done } = await this.parts.next();
    if (done === true) return false;
    this.records = value.records;
    this.at = 0;
    this.behind = Math.max(this.behind, value.next);
    return true;
  }

  async close(): Promise<void> {
    this.records = [];
    await this.parts.return?.();
  }
}
