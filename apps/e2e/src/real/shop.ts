/** A small shop: its catalog, its orders, and what its products must say of them, in plain code. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Order {
  readonly order: string;
  readonly shop: string;
  readonly amount: number;
  readonly at: string;
}

/** Of an order. */
export const SHOP_SCHEMA = {
  type: 'object',
  required: ['order', 'shop', 'amount', 'at'],
  properties: {
    order: { type: 'string' },
    shop: { type: 'string' },
    amount: { type: 'integer' },
    at: { type: 'string', format: 'date-time' },
  },
};

/** @param name of the source, and the beginning of the products' names: servers outlive a test run */
export function writeCatalog(directory: string, name: string): void {
  mkdirSync(join(directory, 'sources'), { recursive: true });
  mkdirSync(join(directory, 'products'));
  // JSON is YAML too.
  writeFileSync(
    join(directory, 'sources', `${name}.yaml`),
    JSON.stringify({ key: 'order', time: 'at', partitions: 3, schema: SHOP_SCHEMA }),
  );
  const select = (columns: string) =>
    `SELECT ${columns}shop, count(*) AS orders, sum(amount) AS total FROM ${name} GROUP BY ALL\n`;
  writeFileSync(
    join(directory, 'products', `${name}_hours.sql`),
    select("time_bucket(INTERVAL '1 hour', event_time) AS window_start, "),
  );
  writeFileSync(join(directory, 'products', `${name}_shops.sql`), select(''));
  writeFileSync(join(directory, 'products', `${name}_shops.yaml`), 'topology: kappa\n');
}

/** Orders `from` to `to`, the same whenever they are made. */
export function makeOrders(from: number, to: number): Order[] {
  return Array.from({ length: to - from }, (_, index) => {
    const number = from + index;
    const at = new Date(Date.UTC(2020, 0, 1 + (number % 3), (number * 7) % 24, number % 60)).toISOString();
    return { order: `o-${number}`, shop: `s${number % 11}`, amount: (number * 37) % 1000, at };
  });
}

/** `[key…, orders, total]` per cell, in order. */
export type Cells = readonly (readonly (string | number)[])[];

export function hoursOf(orders: readonly Order[]): Cells {
  return cellsOf(orders, ({ shop, at }) => `${at.slice(0, 13)}:00:00Z ${shop}`);
}

export function shopsOf(orders: readonly Order[]): Cells {
  return cellsOf(orders, ({ shop }) => shop);
}

function cellsOf(orders: readonly Order[], keyOf: (order: Order) => string): Cells {
  const cells = new Map<string, { orders: number; total: number }>();
  for (const order of orders) {
    const key = keyOf(order);
    const cell = cells.get(key) ?? { orders: 0, total: 0 };
    cells.set(key, { orders: cell.orders + 1, total: cell.total + order.amount });
  }
  return [...cells].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, cell]) => [key, cell.orders, cell.total]);
}

/** Rows of an answer as cells, to be compared with the above. */
export function cellsOfRows(rows: readonly Readonly<Record<string, unknown>>[]): Cells {
  return rows
    .map((row): [string, number, number] => {
      const key = row['window_start'] === undefined ? row['shop'] : `${row['window_start']} ${row['shop']}`;
      return [String(key), Number(row['orders']), Number(row['total'])];
    })
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
