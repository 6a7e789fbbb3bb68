/** Files that appear whole or not at all: the archive's home, on a file system or an object store. */

export interface LakeFile {
  /** A relative name with `/`, e.g. `archive/flights/p=0/000000000000-000000001000.parquet`. */
  readonly name: string;
  readonly bytes: number;
}

/** What a file holds, in short: another content has another print. */
export interface FilePrint {
  readonly bytes: number;
  /** The first 128 bits of its SHA-256, in hex. */
  readonly digest: string;
}

export interface Lake {
  /** A local path to write to; not visible in the lake until committed, swept if it never is. */
  stage(): Promise<string>;
  /** Makes the staged file visible as `name`, durably (fsync, rename, fsync of the folder). Replaces an equal name. */
  commit(stagedPath: string, name: string): Promise<void>;
  /** All files below a prefix, by name. */
  list(prefix: string): Promise<readonly LakeFile[]>;
  /** A local path that the engine can read. @throws TenonError `unknown-file` */
  path(name: string): Promise<string>;
  /**
   * The print of a local path (of `stage` or `path`), read to its end. A lake may remember it for up to a minute while the
   * system says that the file was not written.
   */
  print(path: string): Promise<FilePrint>;
  remove(name: string): Promise<void>;
}
