import { connect, createServer } from 'node:net';

/** @returns `port`, or a free one for 0 @throws Error if something listens there already */
export function claimPort(port: number, variable: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', () =>
      reject(new Error(`Port ${port} is taken. Set ${variable} to another one (0: any free one).`)),
    );
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const { port: got } = server.address() as { port: number };
      server.close(() => resolve(got));
    });
  });
}

/** @returns the first bytes that a server says of its own accord, or '' once it takes the connection */
export function greet(port: number, speaksFirst: boolean, timeoutMs = 1_000): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: timeoutMs });
    const fail = (error?: Error) => {
      socket.destroy();
      reject(error ?? new Error('no answer'));
    };
    const done = (text: string) => {
      socket.destroy();
      resolve(text);
    };
    if (!speaksFirst) socket.once('connect', () => done(''));
    socket.once('data', (data) => done(data.toString()));
    socket.once('error', fail);
    socket.once('timeout', () => fail());
  });
}
