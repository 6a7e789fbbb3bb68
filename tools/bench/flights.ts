/** Real flights as events, for all benchmarks. */
import { DuckDBInstance } from '@duckdb/node-api';
import { join } from 'node:path';

export interface Flight {
  readonly date: string;
  readonly delay: number | null;
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
}

export const FLIGHTS_FILE = join(__dirname, '../../node_modules/vega-datasets/data/flights-3m.parquet');

/** Flights [from, from + count) in the order of the file (by date). */
export async function readFlights(from: number, count: number): Promise<Flight[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const result = await connection.runAndReadAll(
    `SELECT strftime(date, '%Y-%m-%dT%H:%M:%SZ') AS date, delay::INT AS delay, distance::INT AS distance, origin, destination
     FROM '${FLIGHTS_FILE}' LIMIT ${count} OFFSET ${from}`,
  );
  const flights = result.getRowObjectsJS() as unknown as Flight[];
  connection.closeSync();
  return flights;
}
