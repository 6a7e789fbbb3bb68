/** What the specs read: a source of orders, products that count them, and records as ingestion writes them. */
import { HEADERS, identityText } from '@tenon/contracts';
import type { Plan, SourceDefinition } from '@tenon/domain';
import type { LogRecord, NewRecord } from '@tenon/ports';
import { storedRecord } from '@tenon/testing';
import type { ProductLayout } from '@tenon/views';
import { layoutOf } from '@tenon/views';

export const SOURCE: SourceDefinition = {
  ...{ name: 'orders', key: [], time: null, schema: {}, partitions: 2 },
  dedupe: { window: 4 },
};

/** Counts orders by hour and shop. */
export function planOf(product = 'per_shop', fields: Partial<Plan> = {}): Plan {
  return {
    ...{ v: 1, product, version: 1, source: 'orders', topology: 'lambda', retentionMicros: null },
    ...{ description: null, sql: '', hash: `hash of ${product}`, columns: [], measures: [] },
    key: [
      { column: 'window_start', type: 'TIMESTAMP' },
      { column: 'shop', type: 'VARCHAR' },
    ],
    window: { column: 'window_start', sizeMicros: 3_600_000_000, sizeMonths: 0 },
    states: [{ kind: 'count' }],
    engine: { columns: [], partial: '', rows: null } as unknown as Plan['engine'],
    ...fields,
  };
}

export const layout = (product?: string, fields?: Partial<Plan>): ProductLayout =>
  layoutOf(planOf(product, fields), [SOURCE]);

/** @param text what the engine is given: `<hour>:<shop>` counts, `poison` is none */
export function order(id: string, text = '01:north', partition = 0): NewRecord {
  const digest = Buffer.from(text).toString('hex').padStart(8, '0').slice(-8);
  return {
    ...{ partition, key: null, value: text },
    headers: { [HEADERS.identity]: identityText('/till', id, digest), [HEADERS.correlationId]: `c-${id}` },
  };
}

export const barrier = (epoch: number, partition = 0): NewRecord => ({
  ...{ partition, key: null, value: JSON.stringify({ v: 1, type: 'barrier', epoch, at: 0 }) },
  headers: { [HEADERS.control]: 'barrier', [HEADERS.version]: '1' },
});

/** A record that nobody knows: no identity, no control. */
export const stranger = (partition = 0): NewRecord => ({ partition, key: null, value: '01:north' });

/** The records as they stand in a partition from `first` on. */
export const inLog = (records: readonly NewRecord[], first = 0): LogRecord[] =>
  records.map((record, index) => storedRecord(record, first + index));
