/** What the long runs run on: few meters, sites and hours, so that all cells that there will be are there soon. */
import type { Plan, SourceDefinition } from '@tenon/domain';
import type { Engine } from '@tenon/ports';

const METERS = 16;
const SITES = 4;
const HOURS = 12;

export const SOURCE: SourceDefinition = {
  name: 'readings',
  key: ['meter'],
  time: 'at',
  partitions: 2,
  dedupe: { window: 256 },
  schema: {
    type: 'object',
    required: ['meter', 'site', 'watts', 'at'],
    properties: {
      meter: { type: 'string' },
      site: { type: 'string' },
      watts: { type: 'integer' },
      at: { type: 'string', format: 'date-time' },
    },
  },
};

const PRODUCTS = [
  {
    name: 'hours',
    topology: 'lambda',
    sql: `SELECT time_bucket(INTERVAL '1 hour', event_time) AS window_start, site, count(*) AS readings,
        avg(watts) AS mean, max(watts) AS peak, count(DISTINCT meter) AS meters
      FROM readings WHERE watts >= 0 GROUP BY window_start, site`,
  },
  {
    name: 'sites',
    topology: 'kappa',
    sql: 'SELECT site, count(*) AS readings, sum(watts) AS total FROM readings GROUP BY site',
  },
] as const;

export function planAll(engine: Engine): Promise<Plan[]> {
  return Promise.all(
    PRODUCTS.map((product) => engine.plan(SOURCE, { ...product, version: 1, retentionMicros: null })),
  );
}

export interface Reading {
  readonly meter: string;
  readonly site: string;
  readonly watts: number;
  readonly at: string;
}

/** The number of a reading says all of it. */
export function readingOf(number: number): Reading {
  return {
    meter: `m${number % METERS}`,
    site: `s${number % SITES}`,
    watts: ((number * 7919) % 4000) - 20,
    at: new Date(Date.UTC(2024, 5, 1, number % HOURS, number % 60)).toISOString(),
  };
}
