/** The first flights as history, and a cut that hands them to the batch layer. */
import type { Client } from '../cli/client';
import type { Output } from '../cli/output';
import { grouped, seconds } from '../cli/output';
import { spin } from '../cli/spinner';
import { requestCut } from '../commands/cut';
import { loadFile } from '../load/load-file';
import { createProgress } from '../load/progress';
import { RejectedFile } from '../load/rejected';
import type { Flights } from './flights';
import { SOURCE, positions } from './flights';
import { join } from 'node:path';

export interface HistoryDeps {
  readonly client: Client;
  readonly flights: Flights;
  readonly data: string;
  readonly count: number;
  readonly signal: AbortSignal;
  readonly output: Output;
}

/** Loads what an earlier start has not. @returns the last flight that is in */
export async function loadHistory(deps: HistoryDeps): Promise<number> {
  const { client, flights, data, count, signal, output } = deps;
  const { store, read } = positions(data);
  const from = read(flights);
  if ((from?.rows ?? 0) >= count) return from?.rows ?? 0;
  const began = performance.now();
  const progress = createProgress(output.err, 'History', count, false);
  let rows = 0;
  try {
    const loaded = await loadFile({
      ...{ client, source: SOURCE, file: flights.file, reader: flights.reader, checkpoints: store, signal },
      ...(from && { from }),
      rejected: new RejectedFile(join(data, 'demo', 'rejected.ndjson'), SOURCE),
      parcelRows: 5000,
      patienceMs: 60_000,
      lastRow: count,
      onProgress: (_done, state) => progress.update(state.rows, state.rows, state.rejected),
      onWait: (reason) => progress.note(reason),
    });
    ({ rows } = loaded);
  } finally {
    progress.stop();
  }
  if (signal.aborted) return rows;
  output.out.write(
    `History: ${grouped(rows)} flights are in the log (${seconds(performance.now() - began)}).\n`,
  );
  await cutHistory(client, output);
  return rows;
}

async function cutHistory(client: Client, { out, err }: Output): Promise<void> {
  const began = performance.now();
  const spinner = spin(err, 'A cut: from here on speed answers; batch computes all that lies before ...');
  try {
    const { epoch } = await requestCut(client, { wait: true, timeout: 3600 });
    spinner.stop();
    out.write(
      `Cut ${epoch}: the batch layer serves all of it as generation ${epoch} (${seconds(performance.now() - began)}).\n`,
    );
  } finally {
    spinner.stop();
  }
}
