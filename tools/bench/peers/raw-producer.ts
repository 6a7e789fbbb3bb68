/** A kafkajs producer that sends the lines of a file, 1,000 at a time, acks=all; once more for each line that it reads. */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Kafka, logLevel } from 'kafkajs';

const [brokers = '', topic = '', file = ''] = process.argv.slice(2);
const BATCH = 1_000;

const say = (event: string) => console.log(JSON.stringify({ event }));

async function main(): Promise<void> {
  const values = readFileSync(file, 'utf8').trimEnd().split('\n');
  const kafka = new Kafka({
    brokers: brokers.split(','),
    clientId: 'raw-producer',
    logLevel: logLevel.ERROR,
  });
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  say('up');
  for await (const _ of createInterface(process.stdin)) {
    for (let at = 0; at < values.length; at += BATCH)
      await producer.send({
        topic,
        acks: -1,
        messages: values.slice(at, at + BATCH).map((value) => ({ value })),
      });
    say('sent');
  }
}

process.once('SIGTERM', () => process.exit(0));
void main();
