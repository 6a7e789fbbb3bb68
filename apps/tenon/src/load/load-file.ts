/** Loads one file into a source: in batches, one behind the other, so that the log has the order of the file. */
import type { IngestAnswer, IngestItem } from '@tenon/contracts';
import { decodeReceipt } from '@tenon/contracts';
import type { OffsetVector } from '@tenon/domain';
import { laterOffsets } from '@tenon/domain';
import type { Client } from '../cli/client';
import { segment } from '../cli/client';
import type { Batch } from './batches';
import { inBatches } from './batches';
import type { Checkpoint, Checkpoints } from './checkpoint';
import type { Rejection, RejectedFile } from './rejected';
import type { RowReader } from './rows';
import { sendBatch } from './send';

export interface LoadState {
  readonly rows: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly offsets: OffsetVector;
}

export interface LoadDeps {
  readonly client: Client;
  readonly source: string;
  readonly reader: RowReader;
  readonly file: { readonly base: string; readonly size: number; readonly digest: string };
  /** Where an earlier load got to. */
  readonly from?: Checkpoint;
  readonly checkpoints: Checkpoints;
  readonly rejected: RejectedFile;
  readonly batchRows: number;
  readonly patienceMs: number;
  readonly signal: AbortSignal;
  /** No row after this one. */
  readonly lastRow?: number;
  onProgress(done: number, state: LoadState): void;
  onWait(reason: string): void;
}

export interface Loaded extends LoadState {
  /** False if it was interrupted. */
  readonly complete: boolean;
}

const BATCH_BYTES = 4 << 20;

/** @throws Failure if the file can't be read on or the server refuses all of it; what was answered is kept */
export async function loadFile(deps: LoadDeps): Promise<Loaded> {
  const { reader, from, file, signal } = deps;
  const lastRow = deps.lastRow ?? Infinity;
  let state: LoadState = from ?? { rows: 0, accepted: 0, rejected: 0, offsets: {} };
  const batches = inBatches(reader.read(state.rows), {
    source: deps.source,
    base: file.base,
    rows: deps.batchRows,
    bytes: BATCH_BYTES,
    lastRow,
  });
  const save = (complete: boolean) => {
    const { rows, accepted, rejected, offsets } = state;
    deps.checkpoints.save({ v: 1, ...file, rows, accepted, rejected, offsets, complete });
  };
  const settle = async (sending: Promise<Outcome>) => {
    const { batch, answer } = await sending;
    const rejections = rejectionsOf(batch, answer);
    deps.rejected.add(rejections);
    state = {
      rows: batch.upTo,
      accepted: state.accepted + (answer?.accepted ?? 0),
      rejected: state.rejected + batch.unsendable.length + (answer?.rejected ?? 0),
      offsets: later(state.offsets, answer),
    };
    save(false);
    deps.onProgress(batch.done, state);
  };

  // The next batch is read while one is on its way.
  let sending: Promise<Outcome> | undefined;
  for await (const batch of batches) {
    if (sending) await settle(sending);
    sending = undefined;
    if (signal.aborted) break;
    sending = send(deps, batch);
    sending.catch(() => undefined); // awaited with the next batch
  }
  if (sending) await settle(sending);
  const complete = !signal.aborted;
  if (complete) save(lastRow === Infinity);
  return { ...state, complete };
}

interface Outcome {
  readonly batch: Batch;
  readonly answer: IngestAnswer | undefined;
}

async function send(deps: LoadDeps, batch: Batch): Promise<Outcome> {
  if (batch.body === '') return { batch, answer: undefined };
  const path = `/v1/sources/${segment(deps.source)}/events`;
  return { batch, answer: await sendBatch(deps.client, path, batch.body, deps) };
}

function rejectionsOf(batch: Batch, answer: IngestAnswer | undefined): Rejection[] {
  const refused = (answer?.items ?? []).filter((item) => item.code !== 'accepted');
  return [
    ...batch.unsendable.map((row) => ({ row, why: row.problem! })),
    ...refused.flatMap((item) => {
      const row = batch.sent[item.index];
      return row === undefined ? [] : [{ row, why: row.asIs ? item : inData(item) }];
    }),
  ];
}

/** A row travels as the `data` of an event; the pointer shall be one into the row. */
function inData(item: IngestItem): IngestItem {
  const { pointer } = item;
  return pointer?.startsWith('/data') ? { ...item, pointer: pointer.slice('/data'.length) } : item;
}

function later(offsets: OffsetVector, answer: IngestAnswer | undefined): OffsetVector {
  const latest: Record<string, Readonly<Record<string, number>>> = { ...offsets };
  for (const [source, its] of Object.entries(decodeReceipt(answer?.receipt ?? '') ?? {})) {
    latest[source] = laterOffsets(latest[source] ?? {}, its);
  }
  return latest;
}
