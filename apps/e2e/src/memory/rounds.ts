/** One round of a long run: events in some calls, a cut, and where serving runs its questions. */
import type { HttpResponse } from '@tenon/ports';
import { bodyOf } from '../exactness/requests';
import { SOURCE, readingOf } from './catalog';
import type { Line, ServiceName } from './line';

/**
 * What a round has much of is what its service might keep something of: events and calls, micro-batches (one a call),
 * cuts, questions and streams.
 */
interface Work {
  readonly calls: number;
  /** Events of one call. */
  readonly events: number;
  /** Each as many times, and so many streams. */
  readonly questions: number;
}

export const WORK: Readonly<Record<ServiceName, Work>> = {
  ingestion: { calls: 8, events: 50, questions: 0 },
  speed: { calls: 8, events: 40, questions: 0 },
  batch: { calls: 2, events: 100, questions: 0 },
  consumption: { calls: 4, events: 20, questions: 0 },
  serving: { calls: 1, events: 40, questions: 3 },
};

/** Streams of live updates for each time that the questions are asked. */
const STREAMS = 10;

const EVENTS_PATH = '/v1/sources/:source/events';
const ROWS_PATH = '/v1/products/:name/rows';

/** The same in each round, but for the numbers of its events. */
export async function playRound(line: Line, service: ServiceName, round: number): Promise<void> {
  const { calls, events, questions } = WORK[service];
  let receipt = '';
  for (let call = 0; call < calls; call += 1) {
    const first = (round * calls + call) * events;
    const numbers = Array.from({ length: events }, (_, index) => first + index);
    receipt = await (call % 2 === 0 ? sendEvents(line, numbers) : sendLines(line, numbers));
    await line.drain();
  }
  await cut(line);
  for (let times = 0; times < questions; times += 1) await askAll(line, receipt);
}

/** With ids: the last one comes twice, and one has a time that is none. */
function sendEvents(line: Line, numbers: readonly number[]): Promise<string> {
  const last = numbers.at(-1) as number;
  const events = [...numbers.map(eventOf), eventOf(last), { ...eventOf(-1 - last), data: { at: 'noon' } }];
  return send(line, 'application/cloudevents-batch+json', JSON.stringify(events));
}

const sendLines = (line: Line, numbers: readonly number[]) =>
  send(line, 'application/x-ndjson', numbers.map((number) => JSON.stringify(readingOf(number))).join('\n'));

/** @returns the receipt */
async function send(line: Line, contentType: string, body: string): Promise<string> {
  const params = { source: SOURCE.name };
  const response = await line.ask('ingestion', 'POST', EVENTS_PATH, { params, contentType, body: [body] });
  return (bodyOf(expectStatus([202, 207], response)) as { receipt: string }).receipt;
}

const eventOf = (number: number) => ({
  specversion: '1.0',
  id: `e-${number}`,
  source: '/meters',
  type: 'reading',
  data: readingOf(Math.abs(number)),
});

/** A cut, and its generation served where somebody serves it. */
async function cut(line: Line): Promise<void> {
  const wait = String(line.has('consumption'));
  expectStatus(202, await line.ask('ingestion', 'POST', '/v1/cuts', { query: { wait } }));
  await line.drain();
}

/** Questions of each kind, and clients that come and go. */
async function askAll(line: Line, receipt: string): Promise<void> {
  for (const { product } of line.plans) {
    const params = { name: product };
    const rows = (query: Readonly<Record<string, string>>, headers = {}) =>
      line.ask('serving', 'GET', ROWS_PATH, { params, query, headers });
    expectStatus(200, await rows({ after: receipt }));
    expectStatus(200, await rows({ layer: 'batch', site: 's1' }));
    expectStatus(200, await rows({ layer: 'speed' }, { accept: 'text/csv' }));
    const { next } = bodyOf(expectStatus(200, await rows({ limit: '2' }))) as { next: string };
    expectStatus(200, await rows({ limit: '2', cursor: next }));
    expectStatus(400, await rows({ limit: 'all' }));
    // Some go before they have the snapshot.
    for (let stream = 0; stream < STREAMS; stream += 1) await listen(line, product, stream === 0 ? 2 : 1);
  }
  expectStatus(200, await line.ask('serving', 'GET', '/v1/ledger', {}));
  expectStatus(200, await line.ask('serving', 'GET', '/v1/products', {}));
}

/** A client that takes some messages of a stream and goes away. */
async function listen(line: Line, product: string, messages: number): Promise<void> {
  const gone = new AbortController();
  const parts = { params: { name: product }, signal: gone.signal };
  const { stream } = expectStatus(200, await line.ask('serving', 'GET', '/v1/products/:name/live', parts));
  const taken = (stream as AsyncIterable<string>)[Symbol.asyncIterator]();
  for (let count = 0; count < messages; count += 1) await taken.next();
  gone.abort();
  await taken.return?.();
}

function expectStatus(wanted: number | readonly number[], response: HttpResponse): HttpResponse {
  if ([wanted].flat().includes(response.status)) return response;
  throw new Error(`${response.status} instead of ${wanted}: ${JSON.stringify(response.json)}`);
}
