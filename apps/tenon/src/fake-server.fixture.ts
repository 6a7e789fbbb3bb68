/** A small stand-in for a running Tenon: answers as the interface says, and keeps what it was sent. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { IngestItem } from '@tenon/contracts';
import { encodeReceipt } from '@tenon/contracts';

export interface SentEvent {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  /** As it was sent, digit for digit. */
  readonly line: string;
  readonly data: unknown;
}

export interface Fake {
  readonly url: string;
  /** Lines that were accepted, in order, repeats included. */
  readonly events: SentEvent[];
  /** `METHOD path?query` of each request. */
  readonly requests: string[];
  /** Which log it has; null: it does not say. */
  log: string | null;
  schema: object | null;
  /** Looks at each event; a code refuses it. */
  judge: (event: SentEvent) => Omit<IngestItem, 'index'> | null;
  /** Answers a request instead of the fake; false: does not. */
  intercept: (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>;
  close(): Promise<void>;
}

export async function startFake(): Promise<Fake> {
  const fake: Fake = {
    url: '',
    events: [],
    requests: [],
    log: 'one',
    schema: null,
    judge: () => null,
    intercept: () => false,
    close: () => new Promise((resolve) => (server.close(() => resolve()), server.closeAllConnections())),
  };
  const server = createServer((request, response) => {
    void answer(fake, request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(fake, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): true {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
  return true;
}

async function answer(fake: Fake, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '').split('?')[0]!;
  fake.requests.push(`${request.method} ${request.url}`);
  if (await fake.intercept(request, response)) return;
  if (path === '/v1/status') return void sendJson(response, 200, { services: [], products: [] });
  if (path === '/v1/sources/orders') {
    const { schema, log } = fake;
    return void sendJson(response, 200, { name: 'orders', ...(schema && { schema }), ...(log && { log }) });
  }
  if (path === '/v1/sources/orders/events')
    return void sendJson(response, 202, take(fake, await bodyOf(request)));
  sendJson(response, 404, { code: 'unknown-source', detail: `There is nothing at ${path}.` });
}

export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function take(fake: Fake, body: string): object {
  const items: IngestItem[] = [];
  let accepted = 0;
  body
    .split('\n')
    .filter((line) => line !== '')
    .forEach((line, index) => {
      const event = parse(line);
      const refusal = event === null ? { code: 'malformed-json' } : fake.judge(event);
      if (refusal !== null) items.push({ index, ...refusal });
      else {
        fake.events.push(event!);
        accepted += 1;
      }
    });
  const receipt = encodeReceipt({ orders: { '0': fake.events.length } });
  return { accepted, rejected: items.length, receipt, ...(items.length > 0 && { items }) };
}

function parse(line: string): SentEvent | null {
  try {
    return { ...(JSON.parse(line) as SentEvent), line };
  } catch {
    return null;
  }
}
