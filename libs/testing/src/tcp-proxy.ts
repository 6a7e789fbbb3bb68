/** A TCP proxy on 127.0.0.1 that fails as networks do, for tests of adapters against real servers. */
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';

/**
 * `pass`: as if it were not there. `refuse`: connections are broken and new ones not taken. `silent`: connections
 * stay, and nothing passes in either direction (a half-open network). `mute`: requests pass, answers are lost.
 */
export type ProxyMode = 'pass' | 'refuse' | 'silent' | 'mute';

export interface TcpProxy {
  readonly port: number;
  mode(): ProxyMode;
  /** Connections from before a `silent` or `mute` spell have lost bytes, so they are broken when it ends. */
  set(mode: ProxyMode): void;
  /** Bytes of requests and answers that passed, and that were lost: proof that a fault did occur. */
  readonly counts: { passed: number; lost: number; refused: number };
  close(): Promise<void>;
}

export async function createTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  let current: ProxyMode = 'pass';
  const pairs = new Set<readonly [Socket, Socket]>();
  const counts = { passed: 0, lost: 0, refused: 0 };
  const forward = (from: Socket, to: Socket, isAnswer: boolean) => {
    from.on('data', (data) => {
      if (current === 'silent' || (current === 'mute' && isAnswer)) counts.lost += data.length;
      else {
        counts.passed += data.length;
        to.write(data);
      }
    });
  };
  const server: Server = createServer((client) => {
    if (current === 'refuse') {
      counts.refused++;
      client.destroy();
      return;
    }
    const upstream = connect(target);
    const pair = [client, upstream] as const;
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    for (const socket of pair) socket.on('close', end).on('error', end);
    forward(client, upstream, false);
    forward(upstream, client, true);
  });
  const breakAll = () => {
    for (const pair of pairs) for (const socket of pair) socket.destroy();
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    mode: () => current,
    set(mode) {
      if (mode === 'refuse' || current === 'silent' || current === 'mute') breakAll();
      current = mode;
    },
    counts,
    async close() {
      breakAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
