/** The products of the seeds, each twice: as SQL for Tenon, and in plain code for the oracle. */
import type { SourceDefinition } from '@tenon/domain';
import { exactMean, exactSum } from './arithmetic';
import type { Flight } from './flights';

export type Cell = null | boolean | number | string;

/** A value that an answer may give within bounds; a sketch's. */
export class Between {
  constructor(
    readonly low: number,
    readonly high: number,
  ) {}
}

export interface OracleProduct {
  readonly name: string;
  /** Which source it reads. */
  readonly source: string;
  readonly sql: string;
  /** Events this much older than their append time are expired. */
  readonly retentionMicros: number | null;
  /** The window's length; null for a running total. */
  readonly windowMicros: number | null;
  keep(flight: Flight): boolean;
  /** The values of the key columns, window first. */
  key(flight: Flight): readonly Cell[];
  readonly keyColumns: readonly string[];
  /** The measures of one cell; null if HAVING drops it. */
  row(flights: readonly Flight[]): Readonly<Record<string, Cell | Between>> | null;
}

/** Of the source of the flights. */
type Declared = Omit<OracleProduct, 'source'>;

const SECOND = 1_000_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const instant = (micros: number): string => {
  const whole = new Date(Math.floor(micros / 1e6) * 1000).toISOString().slice(0, 19);
  const rest = micros % 1e6;
  return rest === 0 ? `${whole}Z` : `${whole}.${String(rest).padStart(6, '0')}Z`;
};
const bucket = (flight: Flight, size: number) => instant(Math.floor(flight.micros / size) * size);
const known = (flights: readonly Flight[]) => flights.flatMap(({ delay }) => (delay === null ? [] : [delay]));
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const mean = (values: readonly number[]) => (values.length === 0 ? null : sum(values) / values.length);
const least = (values: readonly number[]) => (values.length === 0 ? null : Math.min(...values));
const most = (values: readonly number[]) => (values.length === 0 ? null : Math.max(...values));
const always = () => true;

/** `a / b` of SQL: IEEE division, whose results beyond the numbers are carried as text. */
const ratio = (a: number, b: number) => (b === 0 ? (a === 0 ? 'NaN' : 'Infinity') : a / b);

const airportHours: Declared = {
  name: 'airport_hours',
  sql: `SELECT time_bucket(INTERVAL '1 hour', event_time) AS window_start, origin, count(*) AS flights,
      avg(delay) AS avg_delay, max(delay) AS max_delay,
      count(*) FILTER (WHERE delay > 15) / count(delay) AS share_delayed,
      count(DISTINCT destination) AS destinations
    FROM flights GROUP BY window_start, origin`,
  retentionMicros: null,
  windowMicros: HOUR,
  keep: always,
  key: (flight) => [bucket(flight, HOUR), flight.origin],
  keyColumns: ['window_start', 'origin'],
  row: (flights) => ({
    flights: flights.length,
    avg_delay: mean(known(flights)),
    max_delay: most(known(flights)),
    share_delayed: ratio(known(flights).filter((delay) => delay > 15).length, known(flights).length),
    destinations: new Set(flights.map(({ destination }) => destination)).size,
  }),
};

const routes: Declared = {
  name: 'routes',
  sql: `SELECT origin, destination, count(*) AS flights, avg(delay) AS avg_delay, max(distance) AS miles
    FROM flights GROUP BY origin, destination`,
  retentionMicros: null,
  windowMicros: null,
  keep: always,
  key: ({ origin, destination }) => [origin, destination],
  keyColumns: ['origin', 'destination'],
  row: (flights) => ({
    flights: flights.length,
    avg_delay: mean(known(flights)),
    miles: most(flights.map(({ distance }) => distance)),
  }),
};

const fuelDays: Declared = {
  name: 'fuel_days',
  sql: `SELECT time_bucket(INTERVAL '1 day', event_time) AS window_start, sum(fuel) AS fuel, avg(fuel) AS avg_fuel,
      min(fuel) AS least, max(fuel) AS most, count(*) AS n
    FROM flights GROUP BY window_start`,
  retentionMicros: null,
  windowMicros: DAY,
  keep: always,
  key: (flight) => [bucket(flight, DAY)],
  keyColumns: ['window_start'],
  row: (flights) => {
    const fuels = flights.map(({ fuel }) => fuel);
    return {
      fuel: exactSum(fuels),
      avg_fuel: exactMean(fuels),
      least: least(fuels),
      most: most(fuels),
      n: fuels.length,
    };
  },
};

const lateHubs: Declared = {
  name: 'late_hubs',
  sql: `SELECT time_bucket(INTERVAL '6 hours', event_time) AS window_start, origin, count(*) AS late,
      sum(delay) AS minutes, min(delay) AS least, max(delay) AS most, count_if(distance > 500) AS far
    FROM flights WHERE delay > 0 GROUP BY window_start, origin HAVING count(*) >= 2`,
  retentionMicros: null,
  windowMicros: 6 * HOUR,
  keep: ({ delay }) => delay !== null && delay > 0,
  key: (flight) => [bucket(flight, 6 * HOUR), flight.origin],
  keyColumns: ['window_start', 'origin'],
  row: (flights) =>
    flights.length < 2
      ? null
      : {
          late: flights.length,
          minutes: sum(known(flights)),
          least: least(known(flights)),
          most: most(known(flights)),
          far: flights.filter(({ distance }) => distance > 500).length,
        },
};

const fares: Declared = {
  name: 'fares',
  sql: `SELECT destination, sum(fare) AS turnover, max(fare) AS dearest, bool_or(delay > 60) AS ever_late,
      min(date) AS first_at, max(date) AS last_at, arg_max(origin, date) AS last_from, count(DISTINCT origin) AS origins
    FROM flights WHERE distance >= 300 GROUP BY destination HAVING sum(fare) > 100`,
  retentionMicros: null,
  windowMicros: null,
  keep: ({ distance }) => distance >= 300,
  key: ({ destination }) => [destination],
  keyColumns: ['destination'],
  row: (flights) => {
    const cents = sum(flights.map((flight) => flight.cents));
    if (cents <= 10_000) return null;
    const last = Math.max(...flights.map(({ micros }) => micros));
    // Of several at one time the one with the largest id.
    const lastOnes = flights.filter(({ micros }) => micros === last).map(({ id, origin }) => [id, origin]);
    return {
      turnover: cents / 100,
      dearest: Math.max(...flights.map((flight) => flight.cents)) / 100,
      ever_late: known(flights).length === 0 ? null : known(flights).some((delay) => delay > 60),
      first_at: instant(Math.min(...flights.map(({ micros }) => micros))),
      last_at: instant(last),
      last_from: lastOnes.sort(([a = ''], [b = '']) => (a < b ? -1 : 1)).at(-1)?.[1] ?? null,
      origins: new Set(flights.map(({ origin }) => origin)).size,
    };
  },
};

const departures: Declared = {
  name: 'departures',
  sql: `SELECT time_bucket(INTERVAL '1 minute', event_time) AS window_start, origin, destination, count(*) AS n,
      sum(distance) AS miles
    FROM flights GROUP BY ALL`,
  retentionMicros: null,
  windowMicros: MINUTE,
  keep: always,
  key: (flight) => [bucket(flight, MINUTE), flight.origin, flight.destination],
  keyColumns: ['window_start', 'origin', 'destination'],
  row: (flights) => ({ n: flights.length, miles: sum(flights.map(({ distance }) => distance)) }),
};

const recentDays: Declared = {
  name: 'recent_days',
  sql: `SELECT time_bucket(INTERVAL '1 day', event_time) AS window_start, count(*) AS n, sum(delay) AS minutes
    FROM flights WHERE distance < 2000 GROUP BY window_start`,
  retentionMicros: 2 * DAY,
  windowMicros: DAY,
  keep: ({ distance }) => distance < 2000,
  key: (flight) => [bucket(flight, DAY)],
  keyColumns: ['window_start'],
  row: (flights) => ({
    n: flights.length,
    minutes: known(flights).length === 0 ? null : sum(known(flights)),
  }),
};

/** What a sketch within 1 % may say of the quantile `q`, and half a minute more for rounding. */
function near(values: readonly number[], q: number): Between | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const rank = q * (sorted.length - 1);
  const low = sorted[Math.floor(rank)] as number;
  const high = sorted[Math.ceil(rank)] as number;
  return new Between(low - Math.abs(low) * 0.0101 - 0.5, high + Math.abs(high) * 0.0101 + 0.5);
}

const delayQuantiles: Declared = {
  name: 'delay_quantiles',
  sql: `SELECT time_bucket(INTERVAL '1 day', event_time) AS window_start, count(*) AS flights,
      approx_quantile(delay, 0.5) AS p50, approx_quantile(delay, 0.9) AS p90
    FROM flights GROUP BY window_start`,
  retentionMicros: null,
  windowMicros: DAY,
  keep: always,
  key: (flight) => [bucket(flight, DAY)],
  keyColumns: ['window_start'],
  row: (flights) => ({
    flights: flights.length,
    p50: near(known(flights), 0.5),
    p90: near(known(flights), 0.9),
  }),
};

/** Of events within some seconds: while it is asked for, rows grow too old. */
const seconds: Declared = {
  name: 'seconds',
  sql: `SELECT time_bucket(INTERVAL '1 second', event_time) AS window_start, origin, count(*) AS n, sum(distance) AS miles
    FROM flights GROUP BY window_start, origin`,
  retentionMicros: 6 * SECOND,
  windowMicros: SECOND,
  keep: always,
  key: (flight) => [bucket(flight, SECOND), flight.origin],
  keyColumns: ['window_start', 'origin'],
  row: (flights) => ({ n: flights.length, miles: sum(flights.map(({ distance }) => distance)) }),
};

export const AWKWARD_COLUMNS = 'awkward_columns';

/** Fields and columns that a path, SQL, JavaScript or a parameter of a query could take for something else. */
const awkwardColumns: Declared = {
  name: AWKWARD_COLUMNS,
  sql: `SELECT time_bucket(INTERVAL '1 day', event_time) AS "from", destination AS "constructor", count(*) AS "select",
      sum("limit") AS "limit", max("p") AS "p", min("from") AS "__proto", count(DISTINCT "from") AS "layer"
    FROM flights GROUP BY ALL`,
  retentionMicros: null,
  windowMicros: DAY,
  keep: always,
  key: (flight) => [bucket(flight, DAY), flight.destination],
  keyColumns: ['from', 'constructor'],
  row: (flights) => {
    const origins = flights.map(({ origin }) => origin).sort();
    return {
      select: flights.length,
      limit: sum(flights.map(({ cents }) => cents)),
      p: most(flights.map(({ distance }) => distance % 7)),
      __proto: origins[0] as string,
      layer: new Set(origins).size,
    };
  },
};

/** For worlds of their own kind. */
export const SECONDS: OracleProduct = { ...seconds, source: 'flights' };
export const AWKWARD: OracleProduct = { ...awkwardColumns, source: 'flights' };

export const PRODUCTS: readonly OracleProduct[] = [
  airportHours,
  routes,
  fuelDays,
  lateHubs,
  fares,
  departures,
  recentDays,
  delayQuantiles,
].map((product) => ({ ...product, source: 'flights' }));

/** The same over another source, under another name. */
export const renamed = (product: OracleProduct, source: string, name: string): OracleProduct => ({
  ...product,
  source,
  name,
  sql: product.sql.replace('FROM flights', `FROM "${source}"`),
});

/** The source that all of them read, or one of the same events by another name. */
export function flightsSource(partitions: number, dedupeWindow: number, name = 'flights'): SourceDefinition {
  return {
    name,
    key: ['origin'],
    time: 'date',
    partitions,
    dedupe: { window: dedupeWindow },
    schema: {
      type: 'object',
      properties: {
        date: { type: 'string', format: 'date-time' },
        delay: { type: ['integer', 'null'] },
        distance: { type: 'integer', minimum: 0 },
        origin: { type: 'string', minLength: 3 },
        destination: { type: 'string', minLength: 3 },
        fuel: { type: 'number' },
        fare: { type: 'number', multipleOf: 0.01 },
      },
      required: ['date', 'distance', 'origin', 'destination', 'fuel', 'fare'],
      additionalProperties: false,
    },
  };
}

/** With the fields of awkward names, of which events have had the value all along; `limit` may be declared later. */
export function awkwardSource(source: SourceDefinition, hasLimit = true): SourceDefinition {
  const { properties, ...schema } = source.schema as { readonly properties: object };
  const more = { p: { type: 'integer' }, from: { type: 'string' } };
  const limit = hasLimit ? { limit: { type: 'integer' } } : {};
  return {
    ...source,
    schema: { ...schema, properties: { ...properties, ...more, ...limit }, additionalProperties: true },
  };
}
