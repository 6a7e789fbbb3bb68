import { createServer } from 'node:net';

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
