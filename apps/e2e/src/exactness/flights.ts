/** Real flights for the seeds: a sample of the 3,000,000 of vega-datasets, read once per worker. */
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Random } from './random';

/** An event as the client sees it: what the oracle computes with. */
export interface Flight {
  readonly id: string;
  /** Event time, microseconds since the epoch. */
  readonly micros: number;
  readonly delay: number | null;
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
  /** Doubles of very different sizes, so that the order of a careless sum would show. */
  readonly fuel: number;
  /** Money, in cents; sent as a decimal. */
  readonly cents: number;
  /** Its event has the fields of awkward names too. */
  readonly awkward?: true;
}

type Sampled = Omit<Flight, 'id' | 'fuel' | 'cents' | 'awkward'>;

const FILE = join(__dirname, '../../../../node_modules/vega-datasets/data/flights-3m.parquet');
const HUBS = ['ATL', 'ORD', 'DFW', 'LAX', 'PHX'];

let sample: Promise<Sampled[]> | undefined;

/** About 30,000 flights over half a year, by time. */
export function readFlights(): Promise<Sampled[]> {
  return (sample ??= read());
}

async function read(): Promise<Sampled[]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll(
    `SELECT epoch_us(date)::DOUBLE, delay::INTEGER, distance::INTEGER, origin, destination
     FROM read_parquet('${FILE.replaceAll("'", "''")}', file_row_number = true)
     WHERE file_row_number % 100 = 0 ORDER BY date, file_row_number`,
  );
  const flights = reader.getRows().map(([micros, delay, distance, origin, destination]) => ({
    micros: Number(micros),
    delay: delay === null ? null : Number(delay),
    distance: Number(distance),
    origin: String(origin),
    destination: String(destination),
  }));
  connection.closeSync();
  instance.closeSync();
  return flights;
}

/** `count` flights that follow each other in time; of half of the seeds only those that leave from a few hubs. */
export function takeFlights(all: readonly Sampled[], count: number, random: Random): Flight[] {
  const pool = random.chance(0.5) ? all : all.filter(({ origin }) => HUBS.includes(origin));
  const start = random.int(0, pool.length - count);
  return pool.slice(start, start + count).map((flight, index) => ({
    ...flight,
    micros: flight.micros + (random.chance(0.1) ? random.int(1, 999_999) : 0),
    delay: random.chance(0.05) ? null : flight.delay,
    id: `f${index}`,
    fuel: fuel(flight.distance, random),
    cents: random.int(1000, 99_999),
  }));
}

function fuel(distance: number, random: Random): number {
  const usual = distance * 3.7 + random.next();
  if (random.chance(0.05)) return usual * 1e15;
  if (random.chance(0.05)) return -usual * 1e15;
  return random.chance(0.1) ? usual * 1e-12 : usual;
}
