/** A shop's services as processes of their own, on the servers of the environment, some of them by way of elsewhere. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceName } from '@tenon/composition';
import { uniqueName } from '@tenon/testing';
import { LiveClient } from './live-client';
import { ServiceProcess } from './service-process';
import type { Cells, Order } from './shop';
import { serverSettings } from './servers';
import { cellsOfRows, hoursOf, shopsOf, writeCatalog } from './shop';

export interface Status {
  readonly bus: string;
  readonly services: readonly {
    readonly name: string;
    readonly instance: string;
    readonly version?: string;
    readonly uptime?: number;
    readonly catalog?: string;
    readonly ready: boolean;
    readonly reason?: string;
    readonly lag?: number;
    readonly partitions?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  }[];
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
  readonly products?: readonly { readonly name: string; readonly generation: number }[];
}

export class ShopProcesses {
  readonly source = uniqueName('shop').replaceAll('-', '_');
  readonly directory = mkdtempSync(join(tmpdir(), 'tenon-shop-'));
  readonly catalog = join(this.directory, 'catalog');
  /** Every process that was started. */
  readonly all: ServiceProcess[] = [];
  /** Orders that were acknowledged. */
  readonly accepted: Order[] = [];
  private receipt = '';
  private readonly settings: Record<string, string>;

  constructor(settings: Readonly<Record<string, string>> = {}) {
    writeCatalog(this.catalog, this.source);
    this.settings = {
      ...serverSettings(this.source),
      TENON_LAKE: join(this.directory, 'lake'),
      TENON_CATALOG: this.catalog,
      TENON_CUT_EVERY: 'off',
      ...settings,
    };
  }

  async start(
    service: ServiceName,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<ServiceProcess> {
    const started = await ServiceProcess.start(service, { ...this.settings, ...settings });
    this.all.push(started);
    return started;
  }

  async end(): Promise<void> {
    await Promise.all(this.all.map((one) => one.kill()));
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Sends orders as one NDJSON body; what is acknowledged counts. */
  async send(to: ServiceProcess, orders: readonly Order[]): Promise<void> {
    const response = await fetch(`${to.url}/v1/sources/${this.source}/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: orders.map((order) => JSON.stringify(order)).join('\n'),
    });
    const answer = (await response.json()) as { accepted: number; receipt: string };
    expect([response.status, answer.accepted]).toEqual([202, orders.length]);
    this.accepted.push(...orders);
    this.receipt = answer.receipt;
  }

  /** With all that was acknowledged in, each product says what plain code says. */
  async expectExact(serving: ServiceProcess): Promise<void> {
    const expected: Record<string, Cells> = { hours: this.hours(), shops: shopsOf(this.accepted) };
    for (const [product, cells] of Object.entries(expected))
      expect(await this.rows(serving, product, this.receipt)).toEqual(cells);
  }

  hours(): Cells {
    return hoursOf(this.accepted);
  }

  async rows(serving: ServiceProcess, product: string, after = ''): Promise<Cells> {
    const query = new URLSearchParams({ limit: '10000', ...(after !== '' && { after, timeout: '20000' }) });
    const response = await fetch(`${serving.url}/v1/products/${this.source}_${product}/rows?${query}`);
    const answer = (await response.json()) as { readonly rows: readonly Record<string, unknown>[] };
    if (response.status !== 200) throw new Error(JSON.stringify(answer));
    return cellsOfRows(answer.rows);
  }

  watch(serving: ServiceProcess, lastEventId?: string): Promise<LiveClient> {
    const url = `${serving.url}/v1/products/${this.source}_hours/live?limit=10000`;
    return LiveClient.open(url, lastEventId);
  }

  /** @returns the status, which comes within a second whatever has gone, if the machine has little else to do */
  async status(from: ServiceProcess): Promise<Status> {
    const response = await fetch(`${from.url}/v1/status`, { signal: AbortSignal.timeout(4_000) });
    expect(response.status).toBe(200);
    return (await response.json()) as Status;
  }
}
