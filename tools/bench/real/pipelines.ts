/** From a POST to an answer: Tenon's five processes, and Kafka Streams between a bare server and a consumer. */
import { SERVICES } from '@tenon/composition';
import { heard, launch } from './bundles';
import { HttpClient } from './http-client';
import { startBare } from './ingest';
import type { StreamsProgram } from './kafka-streams';
import { startStreams } from './kafka-streams';
import type { Lab } from './lab';
import type { TestedProcess } from './process';

/** An event that is followed. */
export interface Probe {
  readonly origin: string;
  /** The start of its hour. */
  readonly window: string;
}

export interface Pipeline {
  /** @returns what `seen` needs to know of the event, once it is acknowledged */
  post(body: string): Promise<string>;
  /** Resolves once an answer includes the event, the only one of its airport. */
  seen(probe: Probe, acknowledged: string): Promise<void>;
  readonly processes: readonly TestedProcess[];
  stop(): Promise<void>;
}

const CLOUDEVENT = 'application/cloudevents+json';
const CONNECTIONS = 64;

/** All five services, with Tenon's defaults, cuts included; read back with `rows?after=RECEIPT`. */
export async function startTenonPipeline(lab: Lab, source: string): Promise<Pipeline> {
  const product = `${source}_p`;
  const { TENON_CUT_EVERY: _, ...settings } = lab.settings(source, product);
  const launched = SERVICES.map((service) => launch(service, settings));
  const processes = launched.map(({ process: one }) => one);
  const [ingestion, , , , serving] = await Promise.all(launched.map(({ up }) => up));
  const client = new HttpClient(CONNECTIONS);
  const reader = new HttpClient(CONNECTIONS);
  const events = `${ingestion?.url}/v1/sources/${source}/events`;
  const rows = `${serving?.url}/v1/products/${product}/rows`;
  return {
    processes,
    async post(body) {
      const { receipt } = JSON.parse(await client.post(events, CLOUDEVENT, body)) as { receipt: string };
      return receipt;
    },
    async seen({ origin, window }, receipt) {
      const where = `origin=${origin}&from=${window}&limit=1`;
      const text = await reader.get(`${rows}?${where}&timeout=60000&after=${receipt}`);
      const answer = JSON.parse(text) as { rows: { flights: number | string }[] };
      if (Number(answer.rows[0]?.flights) !== 1) throw new Error(`The answer lacks the event: ${text}`);
    },
    async stop() {
      client.close();
      reader.close();
      await Promise.all(processes.map((one) => one.stop()));
    },
  };
}

/** A bare server, Kafka Streams, and a consumer of its output topic in this process. */
export async function startStreamsPipeline(
  lab: Lab,
  program: StreamsProgram,
  name: string,
  commitMs: number | null,
): Promise<Pipeline> {
  const [input, output] = [await lab.topic(`${name}-in`), await lab.topic(`${name}-out`)];
  const bare = await startBare(lab, input, 'underway', 'origin');
  const streams = startStreams(lab, program, {
    input,
    output,
    application: name,
    store: 'rocksdb',
    guarantee: 'at_least_once',
    ...(commitMs !== null && { commitMs }),
    events: 0,
  });
  await heard(streams, 'begun');
  const seen = new Set<string>();
  const waiting = new Map<string, () => void>();
  const consumer = lab.kafka.consumer({ groupId: `${name}-reader`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topics: [output], fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      // The key is the airport and eight bytes of the window's start.
      const origin = (message.key as Buffer).subarray(0, -8).toString();
      if (!isProbe(origin)) return;
      seen.add(origin);
      waiting.get(origin)?.();
    },
  });
  const client = new HttpClient(CONNECTIONS);
  return {
    processes: [bare.process, streams],
    post: (body) => client.post(bare.url, CLOUDEVENT, body),
    seen: ({ origin }) =>
      seen.has(origin) ? Promise.resolve() : new Promise((resolve) => waiting.set(origin, resolve)),
    async stop() {
      client.close();
      await consumer.disconnect();
      await Promise.all([bare.process.stop(), streams.stop()]);
      await lab.drop(name);
    },
  };
}

/** Airports of their own make single events visible in the rows. */
export const probeName = (number: number): string => `P${String(number).padStart(6, '0')}`;
const isProbe = (origin: string): boolean => /^P\d{6}$/.test(origin);
