/** Which files of a folder are to be read now: whole ones, the oldest first, each once; and which are not, and why. */
import { Refusal } from '@tenon/errors';
import type { Clock, WatchedFile, WatchedFolder } from '@tenon/ports';
import type { FileEntry } from './position-book';

/** Nobody writes a line for so many times as long as a file has to rest. */
const REST_OF_A_LINE = 10;

/** A file to be read. */
export interface DueFile {
  readonly file: WatchedFile;
  readonly entry: FileEntry;
  readonly isWhole: boolean;
  /** Nobody has written to it for so long that nothing of it is waited for. */
  readonly isLongRested: boolean;
}

interface Handled {
  readonly state: string;
  /** False: all but its last line. */
  readonly isWhole: boolean;
}

export class FolderWatch {
  /** Name of a file → why it is not read, in words. */
  readonly troubles = new Map<string, string>();
  private readonly seen = new Map<string, { readonly state: string; readonly since: number }>();
  private readonly handled = new Map<string, Handled>();
  private waiting: WatchedFile[] = [];

  constructor(
    private readonly folder: WatchedFolder,
    private readonly clock: Pick<Clock, 'monotonic'>,
    private readonly settleMs: number,
    private readonly known: () => ReadonlyMap<string, FileEntry>,
  ) {}

  /** Files that are there and not read yet, as of the last look. */
  get left(): number {
    return this.waiting.length;
  }

  /** @throws Unavailable if there is no such folder */
  async look(): Promise<void> {
    const now = this.clock.monotonic();
    const files = await this.folder.list();
    const names = new Set(files.map(({ name }) => name));
    for (const map of [this.seen, this.handled, this.troubles])
      for (const name of map.keys()) if (!names.has(name)) map.delete(name);
    for (const { name, state } of files)
      if (this.seen.get(name)?.state !== state) this.seen.set(name, { state, since: now });
    for (const { name, problem } of files)
      if (problem !== undefined)
        this.troubles.set(name, `${name} can't be read: ${problem}. [file-unreadable]`);
    this.waiting = files.filter((file) => file.problem === undefined && !this.isHandled(file));
  }

  /** @returns the next file that is due; null: none is */
  async next(): Promise<DueFile | null> {
    for (const file of [...this.waiting]) {
      const rested = this.clock.monotonic() - (this.seen.get(file.name)?.since ?? Infinity);
      const needed = this.handled.get(file.name)?.state === file.state ? REST_OF_A_LINE : 1;
      if (rested < this.settleMs * needed) continue;
      const due = await this.judge(file, rested >= this.settleMs * REST_OF_A_LINE);
      if (due !== null) return due;
      this.waiting = this.waiting.filter((one) => one !== file);
    }
    return null;
  }

  /** Nothing more is to be done about a file until it changes. */
  handle({ name, state }: WatchedFile, isWhole: boolean): void {
    this.handled.set(name, { state, isWhole });
    this.waiting = this.waiting.filter((file) => file.name !== name);
  }

  /** A file can't be read. */
  refuse(file: WatchedFile, { problems, code }: Refusal): void {
    this.troubles.set(file.name, `${file.name}: ${problems[0]?.message ?? code} [${code}]`);
    this.handle(file, true);
  }

  private isHandled({ name, state }: WatchedFile): boolean {
    const handled = this.handled.get(name);
    if (handled !== undefined) return handled.state === state && handled.isWhole;
    const entry = this.known().get(name);
    return entry?.done === true && entry.state === state;
  }

  private async judge(file: WatchedFile, isLongRested: boolean): Promise<DueFile | null> {
    const { name, state } = file;
    const known = this.known().get(name);
    try {
      const { size, digest, beginning, isEnded } = await this.folder.print(file, known?.size);
      if (size !== file.size) return null;
      const isWhole = isEnded || isLongRested;
      this.troubles.delete(name);
      if (known === undefined)
        return {
          file,
          isWhole,
          isLongRested,
          entry: { base: digest, size, digest, state, next: 1, done: false },
        };
      const isSame = digest === known.digest;
      if (isSame && known.done) {
        this.handle(file, true);
        return null;
      }
      if (isSame || (file.mayGrow && beginning === known.digest))
        return { file, isWhole, isLongRested, entry: { ...known, size, digest, state, done: false } };
      throw changed(name);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.refuse(file, error);
      return null;
    }
  }
}

function changed(name: string): Refusal {
  const message =
    `${name} is not what was read under this name, and is not read: ` +
    'put the file back, or give the new one another name.';
  return new Refusal('file-changed', [{ code: 'file-changed', message }]);
}
