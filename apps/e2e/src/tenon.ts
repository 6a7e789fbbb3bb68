/** A Tenon of its own in this process, as its clients see it: a catalog that is written here, a data directory, and HTTP. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Host } from '@tenon/composition';
import { eventually } from '@tenon/testing';
import { OpenApi } from './openapi';
import { startUp } from './up';

export type Row = Readonly<Record<string, unknown>>;

export interface Answer {
  readonly status: number;
  readonly body: Row;
}

export class Tenon {
  readonly directory = mkdtempSync(join(tmpdir(), 'tenon-e2e-'));
  private host: Host | null = null;
  /** What /openapi.json says; each answer is held against it. Null: to be asked again. */
  private openApi: OpenApi | null = null;

  get url(): string {
    return (this.host as Host).url;
  }

  /**
   * @param environment its settings; none: everything is embedded
   * @param segmentBytes of the log, which lets whole segments go
   */
  constructor(
    private readonly environment: Readonly<Record<string, string>> = {},
    private readonly segmentBytes?: number,
  ) {}

  /** @param name below the catalog's directory */
  file(name: string, text: string): void {
    const path = join(this.directory, 'catalog', name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
  }

  remove(name: string): void {
    rmSync(join(this.directory, 'catalog', name), { force: true });
  }

  async start(): Promise<void> {
    this.host = await startUp(
      join(this.directory, 'data'),
      0,
      this.environment,
      join(this.directory, 'catalog'),
      this.segmentBytes,
    );
    this.openApi = null;
  }

  /** @param meanwhile what happens while it is away */
  async restart(meanwhile: () => void = () => undefined): Promise<void> {
    await this.host?.stop();
    meanwhile();
    await this.start();
  }

  /** Until it is started again. */
  async halt(): Promise<void> {
    await this.host?.stop();
    this.host = null;
  }

  async stop(): Promise<void> {
    await this.host?.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  async call(path: string, init?: RequestInit): Promise<Answer> {
    this.openApi ??= await OpenApi.of(this.url);
    const response = await fetch(this.url + path, init);
    const text = await response.text();
    const contentType = response.headers.get('content-type');
    const { status } = response;
    const answer = { method: init?.method ?? 'GET', url: path, status, contentType, text };
    const faults = this.openApi.faultsOf(answer);
    if (faults.length > 0) throw new Error(`Not as /openapi.json says: ${faults.join('; ')}`);
    return { status, body: JSON.parse(text) as Row };
  }

  async reload(): Promise<Answer> {
    const answer = await this.call('/v1/reload', { method: 'POST' });
    await this.describedAnew();
    return answer;
  }

  /**
   * Once each name answers with a version: one that is built is served a moment after a reload or a start.
   * @param products name → version
   */
  async serves(products: Iterable<readonly [name: string, version: number]>): Promise<void> {
    for (const [name, version] of products)
      await eventually(`${name} v${version} is served`, async () => {
        const { body } = await this.call(`/v1/products/${name}`);
        return body['version'] === version;
      });
    await this.describedAnew();
  }

  private async describedAnew(): Promise<void> {
    this.openApi = await OpenApi.of(this.url);
  }

  /** @param lines one event each; every answer is named */
  send(source: string, lines: readonly string[]): Promise<Answer> {
    return this.call(`/v1/sources/${source}/events?items=all`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines.join('\n'),
    });
  }

  /** Answers once its generation is served. */
  cut(full = false): Promise<Answer> {
    return this.call(`/v1/cuts?wait=true&timeout=60000&full=${full}`, { method: 'POST' });
  }

  /** All rows, page by page. */
  async rows(product: string, query: Readonly<Record<string, string>>): Promise<Answer & { rows: Row[] }> {
    const rows: Row[] = [];
    for (let cursor: string | null = null; ;) {
      const asked: Record<string, string> =
        cursor === null ? { ...query } : { ...query, 'option.cursor': cursor };
      const answer = await this.call(`/v1/products/${product}/rows?${new URLSearchParams(asked)}`);
      if (answer.status !== 200) return { ...answer, rows };
      rows.push(...(answer.body['rows'] as Row[]));
      cursor = answer.body['next'] as string | null;
      if (cursor === null || cursor === undefined) return { ...answer, rows };
    }
  }
}
