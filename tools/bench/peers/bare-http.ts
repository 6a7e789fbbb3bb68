/**
 * A bare node:http server with one kafkajs producer, acks=all: it reads a body and answers once the log has it. How bodies
 * go to the log: `each` in a request of its own; those that come while a request is `underway` together in the next one;
 * or a number, the milliseconds that the first waits for company. NDJSON is split into lines, sent 1,000 at a time. With
 * `key`, that member of a CloudEvent's data becomes the record's key, as Kafka Streams needs it.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Kafka, logLevel } from 'kafkajs';

const [brokers = '', topic = '', gathering = 'each', key = ''] = process.argv.slice(2);
const BATCH = 1_000;

const kafka = new Kafka({ brokers: brokers.split(','), clientId: 'bare-http', logLevel: logLevel.ERROR });
const producer = kafka.producer({ allowAutoTopicCreation: false });

interface Message {
  readonly key?: string;
  readonly value: Buffer;
}

function messageOf(body: Buffer): Message {
  if (key === '') return { value: body };
  const { data } = JSON.parse(body.toString()) as { data: Record<string, unknown> };
  return { key: String(data[key]), value: body };
}

const send = (messages: Message[]) => producer.send({ topic, acks: -1, messages });

let waiting: Message[] = [];
let next: Promise<unknown> | null = null;
let underway: Promise<unknown> = Promise.resolve();

/** What came since the last call goes with this one. */
function sendWaiting(): Promise<unknown> {
  const messages = waiting;
  waiting = [];
  next = null;
  return (underway = send(messages));
}

function gather(message: Message): Promise<unknown> {
  waiting.push(message);
  next ??= (
    gathering === 'underway'
      ? underway.catch(() => undefined)
      : new Promise((resolve) => setTimeout(resolve, Number(gathering)))
  ).then(sendWaiting);
  return next;
}

async function sendLines(body: Buffer): Promise<number> {
  let messages: Message[] = [];
  let sent = 0;
  for (let at = 0; at < body.length;) {
    const newline = body.indexOf(10, at);
    const end = newline < 0 ? body.length : newline;
    messages.push({ value: body.subarray(at, end) });
    at = end + 1;
    if (messages.length < BATCH && at < body.length) continue;
    await send(messages);
    sent += messages.length;
    messages = [];
  }
  return sent;
}

async function take(body: Buffer, isNdjson: boolean): Promise<number> {
  if (isNdjson) return sendLines(body);
  const message = messageOf(body);
  await (gathering === 'each' ? send([message]) : gather(message));
  return 1;
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const answer = (status: number, text: string) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(text);
    };
    take(Buffer.concat(chunks), request.headers['content-type'] === 'application/x-ndjson').then(
      (accepted) => answer(202, `{"accepted":${accepted}}`),
      (error: Error) => answer(503, JSON.stringify({ error: error.message })),
    );
  });
});

void producer.connect().then(() =>
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo;
    console.log(JSON.stringify({ event: 'up', url: `http://127.0.0.1:${port}/` }));
  }),
);
process.once('SIGTERM', () => process.exit(0));
