/** A folder that others put files into, as a source takes its events from it. */
import type { FileRows, SourceDefinition, SourceFeed } from '@tenon/domain';

export interface WatchedFile {
  /** Its path in the folder, with `/`. */
  readonly name: string;
  readonly size: number;
  readonly modifiedMs: number;
  /** Equal while nobody has written to it. */
  readonly state: string;
  readonly rows: FileRows;
  /** What is appended to it leaves its rows as they are. */
  readonly mayGrow: boolean;
  /** Why nobody can look at it, in words: a file whose name is no text, a folder that may not be opened. */
  readonly problem?: string;
}

/** A file's bytes as they are now. */
export interface WatchedPrint {
  readonly size: number;
  /** SHA-256, hexadecimal. */
  readonly digest: string;
  /** The same of its first bytes, as many as were asked about; null: it has not so many. */
  readonly beginning: string | null;
  /** Its last line is ended, or it is none of lines. */
  readonly isEnded: boolean;
}

export interface WatchedRow {
  /** Counts from 1; a header is none. */
  readonly number: number;
  /** One JSON object as text, digit for digit as the file has it, or what stands in its place. */
  readonly text: string;
  /** It ends within quotes, as the file does: more of it may come. */
  readonly isOpen?: boolean;
  /** Why it is no row. */
  readonly problem?: { readonly code: string; readonly detail: string };
}

export interface WatchedFolder {
  /** Where it is, for people. */
  readonly place: string;
  /** Those that are rows of the source, the oldest first. @throws Unavailable if there is no such folder */
  list(): Promise<readonly WatchedFile[]>;
  /** @throws Refusal if it can't be read */
  print(file: WatchedFile, beginning: number | undefined): Promise<WatchedPrint>;
  /** Rows after the first `skip` of its first `size` bytes. @throws Refusal if it can't be read on */
  read(file: WatchedFile, size: number, skip: number): AsyncIterable<readonly WatchedRow[]>;
}

export type OpenFolder = (
  source: Pick<SourceDefinition, 'name' | 'schema'> & { readonly from: SourceFeed },
) => WatchedFolder;
