/** What the specs archive and compute: a source of orders, a product of it, and records as ingestion writes them. */
import { HEADERS, identityText } from '@tenon/contracts';
import type { Plan, SourceDefinition } from '@tenon/domain';
import type { NewRecord } from '@tenon/ports';
import type { ProductLayout } from '@tenon/views';
import { layoutOf } from '@tenon/views';

export const SOURCE: SourceDefinition = {
  ...{ name: 'orders', key: [], time: null, schema: {}, partitions: 2 },
  dedupe: { window: 4 },
};

export const EVENTS = 'tenon.events.orders';

export const PLAN: Plan = {
  ...{ v: 1, product: 'per_shop', version: 1, source: 'orders', topology: 'lambda', retentionMicros: null },
  ...{ description: null, sql: '', hash: 'h', columns: [], measures: [] },
  key: [
    { column: 'window_start', type: 'TIMESTAMP' },
    { column: 'shop', type: 'VARCHAR' },
  ],
  window: { column: 'window_start', sizeMicros: 3_600_000_000, sizeMonths: 0 },
  states: [{ kind: 'count' }],
  engine: { columns: [], partial: '', rows: null } as unknown as Plan['engine'],
};

/** @param partitions of the source */
export const layout = (partitions = 2): ProductLayout => layoutOf(PLAN, [{ name: 'orders', partitions }]);

export const cell = (shop: string, count = 1, hour = '01') => ({
  key: [`2024-01-01T${hour}:00:00Z`, shop],
  states: [count],
});

/** @param data another one under the same id is a conflict */
export function order(id: string, partition = 0, data = '0'): NewRecord {
  return {
    ...{ partition, key: null, value: `${id} ${data}` },
    headers: { [HEADERS.identity]: identityText('/till', id, data.padStart(8, '0')) },
  };
}

export const barrier = (epoch: number, partition = 0, full = false): NewRecord => ({
  ...{ partition, key: null },
  value: JSON.stringify({ v: 1, type: 'barrier', epoch, at: 0, ...(full && { full }) }),
  headers: { [HEADERS.control]: 'barrier', [HEADERS.version]: '1' },
});
