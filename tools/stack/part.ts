import type { Process } from './programs';

export interface StartedPart {
  readonly url: string;
  readonly processes: readonly Process[];
}

export interface StartContext {
  /** Of the part, empty at the first start. */
  readonly directory: string;
  readonly logFile: string;
  readonly port: number;
}

/** One server of the stack, as it is had without Docker. */
export interface Part {
  readonly title: string;
  /** Brings the program into `cache` unless it is there. @returns its folder @throws Error with a way out */
  install(cache: string, say: (message: string) => void): Promise<string>;
  /** Starts it and returns at once. */
  start(program: string, context: StartContext): Promise<StartedPart>;
  /** What a server that was started here still needs; repeated until it succeeds. Never called for servers of others. */
  settle?(url: string): Promise<void>;
  /** @throws unless it answers as it should; called until it does */
  check(url: string): Promise<void>;
}
