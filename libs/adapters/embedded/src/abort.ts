import { setMaxListeners } from 'node:events';

/**
 * Calls `listener` when the signal aborts. Any number may listen to one signal, such as the one that stops a process:
 * Node takes more than ten for a leak and says so on stderr, unless it is told otherwise.
 *
 * @returns stops listening
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  setMaxListeners(0, signal);
  signal.addEventListener('abort', listener, { once: true });
  return () => signal.removeEventListener('abort', listener);
}
