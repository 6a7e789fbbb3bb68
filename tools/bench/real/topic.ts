/** The topic that every consumer reads: flights as Tenon's ingestion writes them. */
import { TOPICS } from '@tenon/contracts';
import { readFlights } from '../flights';
import { startService } from './bundles';
import type { Lab } from './lab';

const PIECE = 100_000;

export interface FilledTopic {
  readonly topic: string;
  readonly events: number;
  /** Partition → the offset after its last record. */
  readonly ends: Readonly<Record<string, number>>;
  /** Of a record's value, on average. */
  readonly bytes: number;
}

/** Uploads `events` flights to `source` through Tenon's ingestion. */
export async function fillTopic(lab: Lab, source: string, events: number): Promise<FilledTopic> {
  const { process: ingestion, url } = await startService('ingestion', lab.settings(source, `${source}_fill`));
  for (let at = 0; at < events; at += PIECE) {
    const flights = await readFlights(at, Math.min(PIECE, events - at));
    const response = await fetch(`${url}/v1/sources/${source}/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: flights.map((flight) => `${JSON.stringify(flight)}\n`).join(''),
    });
    const { accepted } = (await response.json()) as { accepted: number };
    if (accepted !== flights.length)
      throw new Error(`Of ${flights.length} flights ${accepted} were accepted.`);
  }
  await ingestion.stop();
  const topic = TOPICS.events(source);
  const ends = await lab.log.endOffsets(topic);
  const total = Object.values(ends).reduce((sum, end) => sum + end, 0);
  if (total !== events) throw new Error(`${topic} has ${total} records; expected ${events}.`);
  const sample = await lab.log.read(topic, 0, 0, { maxRecords: 1000 });
  const bytes = sample.reduce((sum, { value }) => sum + value.length, 0) / sample.length;
  return { topic, events, ends, bytes };
}

/** The same values and keys, without headers. */
export async function copyBare(lab: Lab, filled: FilledTopic, topic: string): Promise<FilledTopic> {
  for (const [partition, end] of Object.entries(filled.ends))
    for (let at = 0; at < end;) {
      const records = await lab.log.read(filled.topic, Number(partition), at, { maxBytes: 2 ** 22 });
      at = (records.at(-1)?.offset ?? end) + 1;
      await lab.log.append(
        topic,
        records.map(({ key, value }) => ({ partition: Number(partition), key, value })),
        { ack: 'relaxed' },
      );
    }
  return { ...filled, topic, ends: await lab.log.endOffsets(topic) };
}
