import type { Route } from '@tenon/ports';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { Agent, request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { raw, serve } from './http-fixture';

/** A promise and what fulfils it. */
function deferred<T = void>() {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((fulfil) => (resolve = fulfil));
  return { promise, resolve };
}

const stream = (
  chunks: (signal: AbortSignal) => AsyncIterable<string>,
  type = 'text/event-stream',
): Route => ({
  method: 'GET',
  path: '/live',
  query: [],
  handle: async (request) => ({
    status: 200,
    headers: { 'Content-Type': type },
    stream: chunks(request.signal),
  }),
});

const aborted = (signal: AbortSignal) =>
  signal.aborted ? Promise.resolve() : once(signal, 'abort').then(() => undefined);

const running: { close(): Promise<void> }[] = [];
const start = async (...parameters: Parameters<typeof serve>) => {
  const server = await serve(...parameters);
  running.push(server);
  return server;
};
afterEach(() => Promise.all(running.splice(0).map((server) => server.close())));

describe('a streamed answer', () => {
  it('arrives chunk by chunk, and ends', async () => {
    const next = deferred();
    const { url } = await start([
      stream(async function* () {
        yield 'data: 1\n\n';
        await next.promise;
        yield 'data: 2\n\n';
      }),
    ]);
    const answer = await fetch(`${url}/live`);
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader.read()).value).toBe('data: 1\n\n');
    next.resolve();
    expect((await reader.read()).value).toBe('data: 2\n\n');
    expect((await reader.read()).done).toBe(true);
  });

  it('has its headers before its first event', async () => {
    const { url } = await start([
      stream(async function* (signal) {
        await aborted(signal);
        yield '';
      }),
    ]);
    const controller = new AbortController();
    const answer = await fetch(`${url}/live`, { signal: controller.signal });
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    controller.abort();
  });

  it('ends with its client: the signal aborts and the generator returns', async () => {
    const returned = deferred<string>();
    const { port } = await start([
      stream(async function* (signal) {
        try {
          yield 'data: 1\n\n';
          await aborted(signal);
          yield 'data: never\n\n';
        } finally {
          returned.resolve('returned');
        }
      }),
    ]);
    const socket = createConnection(port, '127.0.0.1');
    socket.write('GET /live HTTP/1.1\r\nhost: x\r\n\r\n');
    await once(socket, 'data');
    socket.destroy();
    expect(await returned.promise).toBe('returned');
  });

  it('pulls no more than a client takes, and cuts off one that takes nothing', async () => {
    let pulled = 0;
    const returned = deferred();
    const { port } = await start(
      [
        stream(async function* () {
          try {
            for (;;) {
              pulled += 1;
              yield 'x'.repeat(100_000);
            }
          } finally {
            returned.resolve();
          }
        }),
      ],
      { limits: { drainTimeoutMs: 80 } },
    );
    const socket = createConnection(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.pause();
    socket.write('GET /live HTTP/1.1\r\nhost: x\r\n\r\n');
    await returned.promise;
    expect(pulled).toBeLessThan(200);
    socket.destroy();
  });

  it('is refused with 503 when too many are open', async () => {
    const { url } = await start(
      [
        stream(async function* (signal) {
          yield 'data: 1\n\n';
          await aborted(signal);
        }),
      ],
      { limits: { maxStreams: 1 } },
    );
    const controller = new AbortController();
    await fetch(`${url}/live`, { signal: controller.signal });
    const second = await fetch(`${url}/live`);
    expect([second.status, second.headers.get('retry-after')]).toEqual([503, '5']);
    controller.abort();
  });

  it('that fails before its first chunk is a problem document', async () => {
    const { url } = await start([
      stream(async function* () {
        if (url !== '') throw new Error('broken');
        yield '';
      }, 'text/csv'),
    ]);
    const answer = await fetch(`${url}/live`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([500, 'application/problem+json']);
  });

  it('that fails later is cut, so that it does not pass for whole', async () => {
    const { url } = await start([
      stream(async function* () {
        yield 'a,b\n';
        throw new Error('broken');
      }, 'text/csv'),
    ]);
    const answer = await fetch(`${url}/live`);
    await expect(answer.text()).rejects.toThrow();
  });
});

describe('closing', () => {
  it('answers what is in flight, and tells the connection to close', async () => {
    const arrived = deferred();
    const go = deferred();
    const slow: Route = {
      method: 'POST',
      path: '/slow',
      hot: true,
      query: [],
      handle: async () => {
        arrived.resolve();
        await go.promise;
        return { status: 202, json: {} };
      },
    };
    const { url, close } = await start([slow]);
    const answer = fetch(`${url}/slow`, { method: 'POST' });
    await arrived.promise;
    const closing = close();
    go.resolve();
    const { status, headers } = await answer;
    expect([status, headers.get('connection')]).toEqual([202, 'close']);
    await closing;
  });

  it('ends event streams at once, and idle connections after a moment', async () => {
    const { url, port, close } = await start([
      stream(async function* (signal) {
        yield 'data: 1\n\n';
        await aborted(signal);
      }),
    ]);
    const agent = new Agent({ keepAlive: true });
    const idle = httpRequest({ port, host: '127.0.0.1', path: '/none', agent }).end();
    const [answer] = (await once(idle, 'response')) as [NodeJS.ReadableStream];
    answer.resume();
    const live = await fetch(`${url}/live`);
    await close();
    expect(await live.text()).toBe('data: 1\n\n');
    agent.destroy();
  });

  it('answers a request that comes on an idle connection while it closes, and says that this one was the last', async () => {
    const route: Route = { method: 'GET', path: '/x', query: [], handle: async () => ({ status: 204 }) };
    const { port, close } = await start([route], { limits: { quietMs: 1_000 } });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const get = async () => {
      const [answer] = (await once(
        httpRequest({ port, host: '127.0.0.1', path: '/x', agent }).end(),
        'response',
      )) as [IncomingMessage];
      answer.resume();
      return [answer.statusCode, answer.headers.connection];
    };
    expect(await get()).toEqual([204, 'keep-alive']);
    const closing = close();
    expect(await get()).toEqual([204, 'close']);
    await closing;
    agent.destroy();
  });

  it('does not wait for connections that were opened in advance and asked nothing', async () => {
    const { port, close } = await start([], { limits: { closeGraceMs: 60_000 } });
    const silent = createConnection(port, '127.0.0.1');
    await once(silent, 'connect');
    const ended = once(silent, 'close');
    await close();
    await ended;
  });

  it('cuts off what outlasts the grace', async () => {
    const never: Route = {
      method: 'GET',
      path: '/never',
      query: [],
      handle: () => new Promise(() => undefined),
    };
    const { port, close } = await start([never], { limits: { closeGraceMs: 50 } });
    const answer = raw(port, 'GET /never HTTP/1.1\r\nhost: x\r\n\r\n');
    await new Promise((resolve) => setImmediate(resolve));
    await close();
    expect(await answer).toBe('');
  });

  it('can be asked for twice', async () => {
    const { close } = await start([]);
    await Promise.all([close(), close()]);
  });
});
