/** Sources, products and log records for tests. */
import type { JsonSchema, ProductDefinition, SourceDefinition } from '@tenon/domain';
import type { LogRecord } from '@tenon/ports';

export function sourceOf(
  properties: Readonly<Record<string, JsonSchema>>,
  overrides: Partial<SourceDefinition> = {},
): SourceDefinition {
  const schema = { type: 'object', properties };
  return {
    name: 'events',
    key: [],
    time: null,
    schema,
    partitions: 4,
    dedupe: { window: 1000 },
    ...overrides,
  };
}

export function productOf(sql: string, overrides: Partial<ProductDefinition> = {}): ProductDefinition {
  return { name: 'product', version: 1, sql, topology: 'lambda', retentionMicros: null, ...overrides };
}

/** An event as ingestion writes it. `time`: RFC 3339, UTC. */
export interface TestEvent {
  readonly time: string;
  readonly data: unknown;
}

export function recordOf(offset: number, event: TestEvent, timestamp = Date.parse(event.time)): LogRecord {
  const envelope = {
    specversion: '1.0',
    id: `id-${offset}`,
    source: '/test',
    type: 'test',
    correlationid: `correlation-${offset}`,
    eventtime: event.time,
    data: event.data,
  };
  return rawRecord(offset, JSON.stringify(envelope), timestamp);
}

export function rawRecord(offset: number, value: string | Uint8Array, timestamp = 0): LogRecord {
  const headers: Record<string, string> = { correlationid: `correlation-${offset}` };
  return {
    offset,
    timestamp,
    key: Buffer.from(`key-${offset}`),
    value: Buffer.from(value),
    header: (name) => headers[name],
    headerBytes: (name) => (headers[name] === undefined ? undefined : Buffer.from(headers[name])),
    headers: () => headers,
  };
}
