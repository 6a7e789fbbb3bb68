/** SIGHUP asks a process to read its catalog again, as is the custom of servers. */
import { isatty } from 'node:tty';
import type { ProcessEvents } from './run-to-end';

export interface HangupOptions {
  readonly events: ProcessEvents;
  /** Must not reject. */
  readonly reload: () => Promise<unknown>;
  /** The terminal in which it was started is gone: then SIGHUP is what it first meant. */
  readonly end?: () => void;
}

/** @returns what stops listening */
export function onHangup({ events, reload, end }: HangupOptions): () => void {
  const hadTerminal = isatty(0);
  const listener = () => {
    if (hadTerminal && !isatty(0)) end?.();
    else void reload();
  };
  events.on('SIGHUP', listener);
  return () => void events.off('SIGHUP', listener);
}
