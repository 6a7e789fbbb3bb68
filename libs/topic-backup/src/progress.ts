/** Told how far it is. */
export interface Progress {
  begin(what: string, total: number): void;
  add(count: number): void;
  end(): void;
}

export const NO_PROGRESS: Progress = {
  begin: () => undefined,
  add: () => undefined,
  end: () => undefined,
};
