/** A file of a watched folder that is being read, row by row. */
import type { WatchedFile, WatchedFolder, WatchedRow } from '@tenon/ports';
import type { Lane } from './lane';
import type { FileEntry } from './position-book';

export class OpenFile {
  private readonly rows: AsyncIterator<readonly WatchedRow[]>;
  private waiting: WatchedRow[] = [];
  private isAtEnd = false;
  private readonly mayWait: boolean;

  constructor(
    folder: WatchedFolder,
    readonly file: WatchedFile,
    readonly entry: FileEntry,
    /** Its offsets are the numbers of rows. */
    readonly lane: Lane,
    /** False: somebody may be about to write the rest of its last row. */
    public isWhole: boolean,
    /** Nothing of it is waited for. */
    isLongRested = isWhole,
  ) {
    this.mayWait = file.mayGrow && !isLongRested;
    this.rows = folder.read(file, entry.size, lane.next - 1)[Symbol.asyncIterator]();
  }

  /** @returns rows in their order, none at the end. @throws Refusal if the file can't be read on */
  async take(most: number): Promise<readonly WatchedRow[]> {
    // One more is known than is given: the last one of all may have to wait.
    while (!this.isAtEnd && this.waiting.length <= most) {
      const { done, value } = await this.rows.next();
      if (done !== true) this.waiting.push(...value);
      else {
        this.isAtEnd = true;
        // A line may be ended, and its row not: quotes go over several lines.
        if (this.mayWait && this.waiting.at(-1)?.isOpen === true) this.isWhole = false;
        if (!this.isWhole) this.waiting.pop();
      }
    }
    return this.waiting.splice(0, most);
  }

  async close(): Promise<void> {
    await this.rows.return?.();
  }
}
