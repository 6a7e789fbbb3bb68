import type { IncomingMessage } from 'node:http';

/**
 * An early answer leaves a body unread: it is read and dropped, so that the client sees the answer instead of a reset
 * connection; but not for longer than `lingerMs`.
 */
export function dropRest(request: IncomingMessage, lingerMs: number): void {
  if (request.complete) return;
  request.unpipe();
  request.resume();
  const timer = setTimeout(() => request.socket.destroy(), lingerMs);
  timer.unref();
  request.once('end', () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
}
