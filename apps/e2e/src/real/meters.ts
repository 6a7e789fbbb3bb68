/** Electricity meters: their catalog and their readings, some sent twice, some twice with other data, many late. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../exactness/random';

export interface Reading {
  readonly id: string;
  readonly meter: string;
  readonly site: string;
  readonly watts: number;
  /** RFC 3339; the event's time. */
  readonly at: string;
}

export const PARTITIONS = 3;
/** Records of a partition among which an id counts once. */
export const DEDUPE_WINDOW = 1_000;

/** @param name of the source, and the beginning of the products' names: servers outlive a test run */
export function writeMeterCatalog(directory: string, name: string): void {
  mkdirSync(join(directory, 'sources'), { recursive: true });
  mkdirSync(join(directory, 'products'));
  const properties = {
    meter: { type: 'string' },
    site: { type: 'string' },
    watts: { type: 'integer' },
    at: { type: 'string', format: 'date-time' },
  };
  const source = {
    key: 'meter',
    time: 'at',
    partitions: PARTITIONS,
    dedupe: { window: DEDUPE_WINDOW },
    schema: { type: 'object', required: Object.keys(properties), properties, additionalProperties: false },
  };
  // JSON is YAML too.
  writeFileSync(join(directory, 'sources', `${name}.yaml`), JSON.stringify(source));
  const product = (suffix: string, sql: string, topology: 'lambda' | 'kappa') => {
    writeFileSync(join(directory, 'products', `${name}_${suffix}.sql`), `${sql}\n`);
    writeFileSync(join(directory, 'products', `${name}_${suffix}.yaml`), `topology: ${topology}\n`);
  };
  product(
    'quarters',
    `SELECT time_bucket(INTERVAL '15 minutes', event_time) AS window_start, site, count(*) AS readings,
       sum(watts) AS total, max(watts) AS peak, count(DISTINCT meter) AS meters
     FROM ${name} WHERE watts >= 0 GROUP BY ALL`,
    'lambda',
  );
  product(
    'sites',
    `SELECT site, count(*) AS readings, sum(watts) AS total, max(watts) AS peak, count(DISTINCT meter) AS meters
     FROM ${name} GROUP BY site`,
    'kappa',
  );
}

/** What a product says of readings, in plain code. */
export interface MeterProduct {
  readonly suffix: string;
  readonly topology: 'lambda' | 'kappa';
  keep(reading: Reading): boolean;
  key(reading: Reading): readonly string[];
  readonly keyColumns: readonly string[];
}

const QUARTER_MS = 15 * 60_000;

export const METER_PRODUCTS: readonly MeterProduct[] = [
  {
    suffix: 'quarters',
    topology: 'lambda',
    keep: ({ watts }) => watts >= 0,
    key: ({ at, site }) => {
      const start = Math.floor(Date.parse(at) / QUARTER_MS) * QUARTER_MS;
      return [new Date(start).toISOString().replace('.000Z', 'Z'), site];
    },
    keyColumns: ['window_start', 'site'],
  },
  {
    suffix: 'sites',
    topology: 'kappa',
    keep: () => true,
    key: ({ site }) => [site],
    keyColumns: ['site'],
  },
];

/** Readings as they come: one in twenty again, one in a hundred again with other data, one in five late. */
export class MeterField {
  private readonly recent: Reading[] = [];
  private count = 0;

  constructor(private readonly random: Random) {}

  /** Readings of one call, in which an id has one data: the call would be refused otherwise. */
  take(count: number): Reading[] {
    const taken = new Map<string, Reading>();
    while (taken.size < count) {
      const reading = this.next();
      if (!taken.has(reading.id)) taken.set(reading.id, reading);
    }
    return [...taken.values()];
  }

  private next(): Reading {
    const { random, recent } = this;
    if (recent.length > 0 && random.chance(0.05)) return random.pick(recent);
    if (recent.length > 0 && random.chance(0.01)) {
      const before = random.pick(recent);
      return { ...before, watts: before.watts + 1 };
    }
    const number = this.count++;
    const late = random.chance(0.2) ? random.int(0, 6 * 3600) : 0;
    const at = new Date(Date.UTC(2024, 5, 1) + (number * 2 - late) * 1000).toISOString();
    const reading = {
      id: `r-${number}`,
      meter: `m${random.int(0, 39)}`,
      site: `s${random.int(0, 6)}`,
      watts: random.int(-50, 4000),
      at,
    };
    recent.push(reading);
    if (recent.length > 200) recent.shift();
    return reading;
  }
}
