/**
 * A kafkajs consumer as anyone writes it, from the first record to the last: it does nothing with them (`nothing`), or
 * parses each and keeps counts in a Map (`map`), which stay in memory.
 */
import { Kafka, logLevel } from 'kafkajs';
import type { EachBatchPayload } from 'kafkajs';

const [brokers = '', topic = '', group = '', events = '0', kind = 'nothing'] = process.argv.slice(2);

const say = (event: string, more: object = {}) => console.log(JSON.stringify({ event, ...more }));

interface Cell {
  flights: number;
  sum: number;
  known: number;
}

interface Flight {
  readonly eventtime: string;
  readonly data: { readonly origin: string; readonly delay: number | null };
}

const cells = new Map<string, Cell>();
let seen = 0;

function fold({ eventtime, data }: Flight): void {
  const key = `${eventtime.slice(0, 13)} ${data.origin}`;
  let cell = cells.get(key);
  if (cell === undefined) cells.set(key, (cell = { flights: 0, sum: 0, known: 0 }));
  cell.flights += 1;
  if (data.delay === null) return;
  cell.known += 1;
  cell.sum += data.delay;
}

async function eachBatch({ batch }: EachBatchPayload): Promise<void> {
  if (kind === 'map')
    for (const { value } of batch.messages) fold(JSON.parse((value as Buffer).toString()) as Flight);
  seen += batch.messages.length;
  if (seen >= Number(events)) say('done', { seen, cells: cells.size });
}

async function main(): Promise<void> {
  const kafka = new Kafka({
    brokers: brokers.split(','),
    clientId: 'raw-consumer',
    logLevel: logLevel.ERROR,
  });
  const consumer = kafka.consumer({ groupId: group });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  consumer.on(consumer.events.GROUP_JOIN, () => say('begun'));
  process.once('SIGTERM', () => void consumer.disconnect().finally(() => process.exit(0)));
  await consumer.run({ eachBatch });
}

void main();
