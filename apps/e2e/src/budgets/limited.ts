/** A Tenon with low budgets, in a process of its own, and what was sent to it. */
import { readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { eventually } from '@tenon/testing';
import { TenonProcess } from '../kill/tenon-process';
import { writeCatalog, writeProduct } from './catalog';
import type { Metric } from './document';
import { sumOf } from './document';

export interface Answered {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

export class Limited {
  /** Source → events that were accepted. */
  readonly accepted = new Map<string, number>();

  private constructor(
    private readonly process: TenonProcess,
    private readonly catalog: string,
  ) {}

  static async start(directory: string, settings: Readonly<Record<string, string>>): Promise<Limited> {
    const catalog = join(directory, 'catalog');
    writeCatalog(catalog);
    const data = join(directory, 'data');
    return new Limited(await TenonProcess.start(catalog, data, { cutEvery: 'off', settings }), catalog);
  }

  async call(path: string, init?: RequestInit): Promise<Answered> {
    const response = await fetch(this.process.url + path, init);
    return { status: response.status, body: (await response.json()) as Answered['body'] };
  }

  /** @param body a JSON array, or an object for one event */
  async send(
    source: string,
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answered> {
    const isBytes = body instanceof Uint8Array;
    const answer = await this.call(`/v1/sources/${source}/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: isBytes ? new Uint8Array(body) : JSON.stringify(body),
    });
    const accepted = Number(answer.body['accepted'] ?? 0);
    this.accepted.set(source, (this.accepted.get(source) ?? 0) + accepted);
    return answer;
  }

  rows(product: string, query = ''): Promise<Answered> {
    return this.call(`/v1/products/${product}/rows${query}`);
  }

  async cut(): Promise<void> {
    await this.call('/v1/cuts', { method: 'POST' });
  }

  /** The codes of what an answer says that is wrong. */
  async troubles(product: string): Promise<readonly string[]> {
    const { body } = await this.rows(product);
    const { troubles = [] } = body['answer'] as { troubles?: readonly { code: string }[] };
    return troubles.map(({ code }) => code);
  }

  async metric(metric: Metric): Promise<number> {
    return sumOf(await (await fetch(`${this.process.url}/metrics`)).text(), metric);
  }

  /** The codes that a catalog with one product more is refused for; then it is as it was. */
  async refusedFor(sql: string): Promise<readonly string[]> {
    writeProduct(this.catalog, 'another', sql);
    const { body } = await this.call('/v1/reload', { method: 'POST' });
    rmSync(join(this.catalog, 'products/another.sql'));
    const [{ problems }] = body['instances'] as [{ problems: readonly { code: string }[] }];
    return problems.map(({ code }) => code);
  }

  /** Opens a live stream. @returns its status, and what ends it */
  live(product: string, localAddress: string): Promise<{ readonly status: number; close(): void }> {
    const url = `${this.process.url}/v1/products/${product}/live`;
    return new Promise((resolve, reject) => {
      const asked = request(url, { localAddress, agent: false }, (answer) => {
        answer.on('error', () => undefined).resume();
        resolve({ status: answer.statusCode ?? 0, close: () => void asked.destroy() });
      });
      asked.on('error', reject).end();
    });
  }

  /** Once a product has counted all that its source took. */
  async counted(product: string, source: string): Promise<void> {
    const expected = this.accepted.get(source) ?? 0;
    await eventually(`${product} has counted ${expected}`, () => this.hasCounted(product, expected), {
      timeoutMs: 120_000,
      everyMs: 100,
    });
  }

  private async hasCounted(product: string, expected: number): Promise<boolean> {
    const { body } = await this.rows(product);
    const [row] = body['rows'] as [{ n: number }];
    return row.n === expected;
  }

  /** The most memory that the process has had, bytes. */
  get peak(): number {
    const status = readFileSync(`/proc/${this.process.pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
  }

  get complaints(): string {
    return this.process.complaints;
  }

  stop(): Promise<void> {
    return this.process.kill();
  }
}
