/** For this folder's specs: a server on a free port, and raw sockets for what `fetch` refuses to send. */
import type { Ids, Logger, Route } from '@tenon/ports';
import { createConnection } from 'node:net';
import type { HttpServer, HttpServerOptions } from './server';
import { createHttpServer } from './server';

export interface LogLine {
  readonly level: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

export function recordingLogger(): Logger & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const write = (level: string) => (fields: object, message: string) => {
    lines.push({ level, fields: { ...fields }, message });
  };
  const logger = {
    lines,
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: () => logger,
  };
  return logger;
}

export const countingIds = (): Ids => {
  let count = 0;
  return { next: () => `id-${(count += 1)}` };
};

export async function serve(
  routes: readonly Route[],
  options: Partial<HttpServerOptions> = {},
): Promise<HttpServer & { readonly logger: ReturnType<typeof recordingLogger> }> {
  const logger = recordingLogger();
  const server = await createHttpServer({
    routes,
    host: '127.0.0.1',
    port: 0,
    logger,
    ids: countingIds(),
    ...options,
    // Most clients here leave their connections open; each server would wait for them.
    browsers: { hosts: ['x'], ...options.browsers },
    limits: { quietMs: 0, ...options.limits },
  });
  return { ...server, logger };
}

/** Sends bytes as they are; resolves with what came back once that is a whole answer, or the server closed. */
export function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = createConnection(port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (isWhole(received)) socket.destroy();
    });
    socket.on('close', () => resolve(received));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' ? resolve(received) : reject(error),
    );
  });
}

/** Whether an answer has all of the body whose length it says. */
function isWhole(answer: string): boolean {
  const [head = '', body] = answer.split('\r\n\r\n', 2);
  const length = /^content-length: (\d+)\r?$/im.exec(head)?.[1];
  return body !== undefined && length !== undefined && body.length >= Number(length);
}

/** The JSON document at the end of a raw answer. */
export const bodyOf = (answer: string): Record<string, unknown> =>
  JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)) as Record<string, unknown>;
