/**
 * Connections that have not asked anything yet. Browsers and HTTP clients open some in advance; Node does not count them
 * as idle, so at the end they would hold the server up for the whole grace.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

export class FreshSockets {
  private readonly fresh = new Set<Socket>();

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      this.fresh.add(socket);
      socket.once('close', () => this.fresh.delete(socket));
    });
    server.prependListener('request', ({ socket }) => this.fresh.delete(socket));
  }

  /** Those that have sent nothing at all: one in the middle of its first request is left to finish it. */
  closeSilent(): void {
    for (const socket of this.fresh) if (socket.bytesRead === 0) socket.destroy();
  }
}
