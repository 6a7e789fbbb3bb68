/** The flights of the npm package vega-datasets: 3,000,000 of them, January to June 2001, in the order of departure. */
import type { RowReader } from '@tenon/adapters-files';
import { digestFile, openFile } from '@tenon/adapters-files';
import { Checkpoints } from '../load/checkpoint';
import type { Checkpoint } from '../load/checkpoint';
import { join } from 'node:path';

export const SOURCE = 'flights';

export interface Flights {
  readonly reader: RowReader;
  /** The same identity that `tenon load flights FILE` gives the file, so that either may follow the other. */
  readonly file: { readonly base: string; readonly size: number; readonly digest: string };
}

export async function openFlights(path: string): Promise<Flights> {
  const [reader, { full, size }] = await Promise.all([
    openFile(path, 'parquet', NULLABLE_DELAY),
    digestFile(path),
  ]);
  return { reader, file: { base: full, size, digest: full } };
}

/** What the example's schema says where it matters for reading: a delay may be unknown. */
const NULLABLE_DELAY = new Map([['delay', { types: ['integer', 'null'], format: undefined }]]);

/** The demo's position lies with the data that it belongs to: whoever removes the one removes the other. */
export function positions(data: string): {
  read(flights: Flights): Checkpoint | undefined;
  store: Checkpoints;
} {
  const store = Checkpoints.open('demo', SOURCE, join(data, 'demo'));
  return { store, read: ({ file }) => store.all().find((one) => one.base === file.base) };
}
