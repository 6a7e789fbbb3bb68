/** A line of the protocol changed, and what is to find it. */
export interface Mutation {
  /** What the changed code does, in words. */
  readonly means: string;
  readonly file: string;
  /** Stands once in the file. */
  readonly was: string;
  readonly is: string;
  /** The specs that are run: files or folders. */
  readonly specs: readonly string[];
  /** Why no test can find it; absent: one must. */
  readonly equal?: string;
}

/** Mutations of one file, found by the same specs. */
export function inFile(
  file: string,
  specs: readonly string[],
  changes: readonly (readonly [means: string, was: string, is: string, equal?: string])[],
): Mutation[] {
  return changes.map(([means, was, is, equal]) => ({
    ...{ means, file, was, is, specs },
    ...(equal !== undefined && { equal }),
  }));
}
