/**
 * A Tenon with one product, whose answers are compared with what plain code makes of the events that it names, while events come
 * and questions are asked all the time.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Tenon } from '../tenon';

const SOURCE = 'sales';
export const PRODUCT = 'by_shop';

/** Between two calls of a client, milliseconds. */
const PACE_MS = 10;

interface Sale {
  readonly shop: string;
  readonly amount: number;
}

interface Item {
  readonly index: number;
  readonly position: { readonly partition: number; readonly offset: number };
}

interface Row {
  readonly shop: string;
  readonly n: number;
  readonly total: number;
}

interface Rows {
  readonly rows: readonly Row[];
  readonly answer: {
    readonly topology: string;
    readonly status: string;
    readonly included: Readonly<Record<string, Readonly<Record<string, number>>>>;
  };
}

export interface Product {
  readonly version: number;
  readonly topology: string;
  readonly versions: readonly {
    readonly version: number;
    readonly state: string;
    readonly topology?: string;
  }[];
}

export interface Step {
  readonly version: number;
  readonly served: number;
  readonly before: number;
}

export class SalesWorld {
  /** Answers that were compared. */
  asked = 0;
  private sent = 0;
  /** Partition → offset → what stands there. */
  private readonly log = new Map<number, Map<number, Sale>>();

  constructor(readonly tenon: Tenon) {
    const properties = { shop: { type: 'string' }, amount: { type: 'integer' } };
    const schema = { type: 'object', required: Object.keys(properties), properties };
    this.tenon.file(`sources/${SOURCE}.yaml`, JSON.stringify({ key: 'shop', partitions: 3, schema }));
    const sql = `SELECT shop, count(*) AS n, sum(amount) AS total FROM ${SOURCE} GROUP BY shop`;
    this.tenon.file(`products/${PRODUCT}.sql`, sql);
  }

  /** @returns what became of it */
  async switchTo(topology: string): Promise<Step> {
    const path = `/v1/products/${PRODUCT}/switch?topology=${topology}`;
    const { status, body } = await this.tenon.call(path, { method: 'POST' });
    expect([status, body]).toEqual([202, expect.objectContaining({ step: 'switch' })]);
    return body as unknown as Step;
  }

  declare(topology: string): void {
    this.tenon.file(`products/${PRODUCT}.yaml`, `topology: ${topology}\n`);
  }

  async product(): Promise<Product> {
    const { body } = await this.tenon.call(`/v1/products/${PRODUCT}`);
    return body as unknown as Product;
  }

  /** @returns a receipt */
  async send(count: number): Promise<string> {
    const sales = Array.from({ length: count }, (): Sale => {
      this.sent += 1;
      return { shop: `s${this.sent % 7}`, amount: (this.sent * 37) % 100 };
    });
    const { status, body } = await this.tenon.send(
      SOURCE,
      sales.map((sale) => JSON.stringify(sale)),
    );
    expect([status, body]).toEqual([202, expect.anything()]);
    for (const { index, position } of body['items'] as readonly Item[]) {
      const partition = this.log.get(position.partition) ?? new Map<number, Sale>();
      this.log.set(position.partition, partition.set(position.offset, sales[index] as Sale));
    }
    return body['receipt'] as string;
  }

  /** Events come and questions are asked until the work is done; then every answer is compared. */
  async underLoad(work: () => Promise<unknown>): Promise<void> {
    let isOver = false;
    const answers: Rows[] = [];
    const until = async (step: () => Promise<unknown>) => {
      do {
        await step();
        // Others want the machine too.
        await sleep(PACE_MS);
      } while (!isOver);
    };
    await Promise.all([
      work().finally(() => (isOver = true)),
      until(() => this.send(20)),
      until(async () => answers.push(await this.ask())),
      // Whoever has sent something reads it at once, whatever is built beside.
      until(async () => answers.push(await this.ask(await this.send(1)))),
    ]);
    answers.push(await this.ask(await this.send(1)));
    // What an answer includes may be acknowledged after it: now all is.
    for (const answer of answers) this.expectExact(answer);
    this.asked += answers.length;
  }

  private async ask(after?: string): Promise<Rows> {
    const query = after === undefined ? '' : `?after=${after}&timeout=20000`;
    const { status, body } = await this.tenon.call(`/v1/products/${PRODUCT}/rows${query}`);
    if (status !== 200) throw new Error(JSON.stringify([status, body, await this.product()]));
    return body as unknown as Rows;
  }

  private expectExact({ rows, answer }: Rows): void {
    expect(answer.status).not.toBe('incomplete');
    const expected = new Map<string, Row>();
    for (const [partition, next] of Object.entries(answer.included[SOURCE] ?? {}))
      for (const [offset, { shop, amount }] of this.log.get(Number(partition)) ?? [])
        if (offset < next) {
          const row = expected.get(shop) ?? { shop, n: 0, total: 0 };
          expected.set(shop, { shop, n: row.n + 1, total: row.total + amount });
        }
    const got = rows.map(({ shop, n, total }) => ({ shop, n, total: Number(total) }));
    expect(got).toEqual([...expected.values()].sort((a, b) => (a.shop < b.shop ? -1 : 1)));
  }
}
