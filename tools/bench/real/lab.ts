/** What all parts of the run share: servers, names of its own, catalog, topics; and their end. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { MongoClient } from 'mongodb';
import type { EventLog } from '@tenon/ports';
import { createKafkaEventLog } from '@tenon/adapters-kafka';
import { createLogger } from '@tenon/runtime';

export interface Servers {
  readonly kafka: string;
  readonly nats: string;
  readonly mongodb: string;
}

export const PARTITIONS = 4;

/** Rows per hour and airport: what every peer computes too. */
const productSql = (source: string) => `SELECT
  time_bucket(INTERVAL '1 hour', event_time) AS window_start,
  origin,
  count(*) AS flights,
  avg(delay) AS avg_delay
FROM ${source}
GROUP BY window_start, origin
`;

const FLIGHT_SCHEMA = {
  type: 'object',
  properties: {
    date: { type: 'string', format: 'date-time' },
    delay: { type: ['integer', 'null'] },
    distance: { type: 'integer', minimum: 0 },
    origin: { type: 'string', minLength: 3 },
    destination: { type: 'string', minLength: 3 },
  },
  required: ['date', 'distance', 'origin', 'destination'],
  additionalProperties: false,
};

/** Servers outlive a run, and may be somebody's own: every name is of this run, and goes with it. */
export class Lab {
  /** Short, since it stands in each event. */
  readonly run = `b${(Date.now() % 36 ** 5).toString(36).padStart(5, '0')}`;
  readonly directory = mkdtempSync(join(tmpdir(), 'tenon-bench-real-'));
  readonly log: EventLog;
  readonly kafka: Kafka;
  private readonly databases = new Set<string>();

  constructor(readonly servers: Servers) {
    const brokers = servers.kafka.split(',');
    this.kafka = new Kafka({ brokers, clientId: 'tenon-bench', logLevel: logLevel.NOTHING });
    this.log = createKafkaEventLog({
      brokers,
      clientId: 'tenon-bench',
      logger: createLogger({ level: 'error', name: 'bench' }),
    });
  }

  /** Settings of a service, with a catalog of one source and one product and a database of its own. */
  settings(
    source: string,
    product: string,
    sql: (source: string) => string = productSql,
  ): Record<string, string> {
    const catalog = join(this.directory, product);
    mkdirSync(join(catalog, 'sources'), { recursive: true });
    mkdirSync(join(catalog, 'products'), { recursive: true });
    // JSON is YAML too. The dedupe window is that of the example catalog.
    const definition = {
      key: 'origin',
      time: 'date',
      partitions: PARTITIONS,
      dedupe: { window: 100_000 },
      schema: FLIGHT_SCHEMA,
    };
    writeFileSync(join(catalog, 'sources', `${source}.yaml`), JSON.stringify(definition));
    writeFileSync(join(catalog, 'products', `${product}.sql`), sql(source));
    const mongodb = new URL(this.servers.mongodb);
    mongodb.pathname = `/${product}`;
    this.databases.add(product);
    return {
      TENON_KAFKA_BROKERS: this.servers.kafka,
      TENON_NATS_URL: this.servers.nats,
      TENON_MONGODB_URL: mongodb.href,
      TENON_CATALOG: catalog,
      TENON_LAKE: join(catalog, 'lake'),
      TENON_CUT_EVERY: 'off',
    };
  }

  /** A topic for a peer. */
  async topic(name: string): Promise<string> {
    await this.log.ensureTopic({ name, partitions: PARTITIONS });
    return name;
  }

  /** Removes the topics and groups that have `name` in theirs. */
  async drop(name: string): Promise<void> {
    const admin = this.kafka.admin();
    await admin.connect();
    const topics = (await admin.listTopics()).filter((topic) => topic.includes(name));
    if (topics.length > 0) await admin.deleteTopics({ topics });
    const groups = (await admin.listGroups()).groups.map(({ groupId }) => groupId);
    // A member that was killed is in its group until its session ends: then the group stays, empty.
    await admin.deleteGroups(groups.filter((group) => group.includes(name))).catch(() => undefined);
    await admin.disconnect();
  }

  /** Removes every topic, group, database and file of this run. */
  async close(): Promise<void> {
    await this.drop(this.run);
    await this.log.close();
    if (this.databases.size > 0) {
      const client = await MongoClient.connect(this.servers.mongodb);
      for (const database of this.databases) await client.db(database).dropDatabase();
      await client.close();
    }
    rmSync(this.directory, { recursive: true, force: true });
  }
}
