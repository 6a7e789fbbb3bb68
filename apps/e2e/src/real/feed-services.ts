/** The services around a source that reads a stream of others: instances of ingestion as processes, the rest in this one. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Host } from '@tenon/composition';
import { startHost } from '@tenon/composition';
import type { EventLog, LogRecord } from '@tenon/ports';
import { createLogger, readSettings } from '@tenon/runtime';
import { serverSettings } from './servers';
import { ServiceProcess } from './service-process';
import type { Cells } from './shop';
import { SHOP_SCHEMA, cellsOfRows } from './shop';

/** What each shop has sold. */
const sqlOf = (source: string) =>
  `SELECT shop, count(*) AS orders, sum(amount) AS total FROM ${source} GROUP BY shop\n`;

export class FeedServices {
  private readonly directory = mkdtempSync(join(tmpdir(), 'tenon-feed-'));
  private readonly settings: Record<string, string>;
  private readonly instances: ServiceProcess[] = [];
  private host: Host | null = null;

  /** @param database in MongoDB, of one's own */
  constructor(database: string, settings: Readonly<Record<string, string>> = {}) {
    for (const folder of ['sources', 'products'])
      mkdirSync(join(this.directory, 'catalog', folder), { recursive: true });
    this.settings = {
      ...serverSettings(database),
      TENON_LAKE: join(this.directory, 'lake'),
      TENON_CATALOG: join(this.directory, 'catalog'),
      TENON_CUT_EVERY: '3s',
      TENON_SESSION_TIMEOUT: '6s',
      TENON_PORT: '0',
      ...settings,
    };
  }

  /** A source of orders, with the product `<source>_shops`. */
  declare(source: string, from: object): void {
    const declared = { from, key: 'shop', time: 'at', partitions: 2, schema: SHOP_SCHEMA };
    this.write(`sources/${source}.yaml`, JSON.stringify(declared));
    this.write(`products/${source}_shops.sql`, sqlOf(source));
  }

  /** The product `<source>_live`, in Kappa. */
  declareLive(source: string): void {
    this.write(`products/${source}_live.sql`, sqlOf(source));
    this.write(`products/${source}_live.yaml`, 'topology: kappa\n');
  }

  private write(name: string, text: string): void {
    writeFileSync(join(this.directory, 'catalog', name), text);
  }

  /** All but ingestion. */
  async start(): Promise<void> {
    this.host = await startHost({
      services: ['speed', 'batch', 'consumption', 'serving'],
      supervised: true,
      settings: readSettings(this.settings),
      data: join(this.directory, 'data'),
      logger: createLogger({ level: 'silent', name: 'tenon' }),
      environment: {},
    });
  }

  async startIngestion(): Promise<ServiceProcess> {
    const instance = await ServiceProcess.start('ingestion', this.settings);
    this.instances.push(instance);
    return instance;
  }

  async killIngestion(): Promise<void> {
    await Promise.all(this.instances.splice(0).map((one) => one.kill()));
  }

  async rows(product: string): Promise<Cells> {
    const response = await fetch(`${this.host?.url}/v1/products/${product}/rows?limit=1000`);
    return cellsOfRows(((await response.json()) as { rows: Record<string, unknown>[] }).rows ?? []);
  }

  async stop(): Promise<void> {
    await this.killIngestion();
    await this.host?.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** All that stands in a topic. */
export async function recordsOf(log: EventLog, topic: string): Promise<LogRecord[]> {
  const found: LogRecord[] = [];
  for (const [partition, end] of Object.entries(await log.endOffsets(topic)))
    for (let at = 0; at < end;) {
      const records = await log.read(topic, Number(partition), at);
      if (records.length === 0) break;
      found.push(...records);
      at = (records.at(-1) as LogRecord).offset + 1;
    }
  return found;
}
