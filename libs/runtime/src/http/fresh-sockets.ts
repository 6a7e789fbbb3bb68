/**
 * Connections that have not asked anything yet. Browsers and HTTP clients open some in advance; Node does not count them
 * as idle, so at the end they would hold the server up for the whole grace.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';

export class FreshSockets {
  /** Socket → how many bytes had come when it could first ask: those of its handshake. */
  private readonly fresh = new Map<Socket, number>();

  constructor(server: Server) {
    server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
      this.fresh.set(socket, socket.bytesRead);
      socket.once('close', () => this.fresh.delete(socket));
    });
    server.prependListener('request', ({ socket }) => this.fresh.delete(socket));
  }

  /** Those that have sent nothing at all: one in the middle of its first request is left to finish it. */
  closeSilent(): void {
    for (const [socket, before] of this.fresh) if (socket.bytesRead === before) socket.destroy();
  }
}
