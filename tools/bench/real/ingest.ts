/** Ingest: single POSTs and NDJSON through Tenon's ingestion alone, beside what one would write with kafkajs. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import autocannon from 'autocannon';
import { readFlights } from '../flights';
import type { Flight } from '../flights';
import { heard, startPeer, startService } from './bundles';
import type { Service } from './bundles';
import type { Lab } from './lab';
import type { Spent, TestedProcess } from './process';

/** How a client sends flights: as they are, or each as a CloudEvent in structured mode. */
export const FORMS = {
  data: { title: 'plain data', single: 'application/json', text: (flight: Flight) => JSON.stringify(flight) },
  cloudevents: {
    title: 'CloudEvents',
    single: 'application/cloudevents+json',
    text: (flight: Flight, index: number) =>
      JSON.stringify({
        specversion: '1.0',
        id: `${process.pid}-${Date.now()}-${index}`,
        source: '/airports',
        type: 'flight.departed',
        time: flight.date,
        data: flight,
      }),
  },
} as const;
export type Form = keyof typeof FORMS;

export interface Load extends Spent {
  readonly events: number;
  /** Average bytes of an event as it was sent. */
  readonly bytes: number;
}

const NDJSON = 'application/x-ndjson';
const CONNECTIONS = 64;
/** Different bodies, so that nothing learns one by heart. */
const BODIES = 500;

export const averageBytes = (texts: readonly string[]) =>
  texts.reduce((sum, text) => sum + text.length, 0) / texts.length;

export async function bodiesOf(form: Form, count: number = BODIES): Promise<string[]> {
  return (await readFlights(0, count)).map(FORMS[form].text);
}

/** 64 connections that each send one event after the other for some seconds. */
export async function posts(
  server: Service,
  form: Form,
  bodies: readonly string[],
  seconds: number,
): Promise<Load> {
  let events = 0;
  const spent = await server.process.measure(async () => {
    const result = await autocannon({
      url: server.url,
      connections: CONNECTIONS,
      duration: seconds,
      requests: bodies.map((body) => ({
        method: 'POST' as const,
        headers: { 'content-type': FORMS[form].single },
        body,
      })),
    });
    if (result.non2xx > 0 || result.errors > 0)
      throw new Error(`${server.process.name}: ${result.non2xx} refused, ${result.errors} failed.`);
    events = result['2xx'];
  });
  return { ...spent, events, bytes: averageBytes(bodies) };
}

/** One upload of all lines. */
export async function upload(server: Service, lines: readonly string[]): Promise<Load> {
  const body = Buffer.from(`${lines.join('\n')}\n`);
  const spent = await server.process.measure(async () => {
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': NDJSON },
      body: new Uint8Array(body),
    });
    const { accepted } = (await response.json()) as { accepted: number };
    if (accepted !== lines.length)
      throw new Error(`${server.process.name} took ${accepted} of ${lines.length} lines.`);
  });
  return { ...spent, events: lines.length, bytes: averageBytes(lines) };
}

/** All lines once through the raw producer. */
export async function produce(producer: TestedProcess, lines: readonly string[]): Promise<Load> {
  const spent = await producer.measure(async () => {
    const sent = heard(producer, 'sent');
    producer.tell('go');
    await sent;
  });
  return { ...spent, events: lines.length, bytes: averageBytes(lines) };
}

/** Tenon's ingestion, with the address for the events of a source. */
export async function startTenon(
  lab: Lab,
  source: string,
  nodeArgs: readonly string[] = [],
): Promise<Service> {
  const { process: ingestion, url } = await startService(
    'ingestion',
    lab.settings(source, `${source}_p`),
    nodeArgs,
  );
  return { process: ingestion, url: `${url}/v1/sources/${source}/events` };
}

/** How the bare server gathers bodies into requests to the log; see tools/bench/peers/bare-http.ts. */
export const GATHERINGS = ['each', 'underway', '5'] as const;
export type Gathering = (typeof GATHERINGS)[number];

/** @param key a member of the event's data that becomes the record's key */
export async function startBare(lab: Lab, topic: string, gathering: Gathering, key = ''): Promise<Service> {
  const peer = startPeer('bare-http', [lab.servers.kafka, topic, gathering, key]);
  const { url } = await heard<{ url: string }>(peer, 'up');
  return { process: peer, url };
}

export async function startProducer(
  lab: Lab,
  topic: string,
  lines: readonly string[],
): Promise<TestedProcess> {
  const file = join(lab.directory, `${topic}.ndjson`);
  writeFileSync(file, `${lines.join('\n')}\n`);
  const peer = startPeer('raw-producer', [lab.servers.kafka, topic, file]);
  await heard(peer, 'up');
  return peer;
}
