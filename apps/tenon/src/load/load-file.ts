/** Loads one file into a source: in parcels, one behind the other, so that the log has the order of the file. */
import type { RowReader } from '@tenon/adapters-files';
import type { IngestAnswer, IngestItem } from '@tenon/contracts';
import { decodeReceipt } from '@tenon/contracts';
import type { OffsetVector } from '@tenon/domain';
import { laterOffsets } from '@tenon/domain';
import type { Client } from '../cli/client';
import { segment } from '../cli/client';
import { sleep } from '../cli/sse';
import type { Checkpoint, Checkpoints } from './checkpoint';
import type { Parcel } from './parcels';
import { inParcels } from './parcels';
import type { RejectedFile, RejectedRow } from './rejected';
import { sendParcel } from './send';

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
  readonly parcelRows: number;
  readonly patienceMs: number;
  readonly signal: AbortSignal;
  /** What of the time it may send in, percent: after each parcel it rests accordingly. Absent: all. */
  readonly share?: number;
  /** No row after this one. */
  readonly lastRow?: number;
  /** Of a file that was loaded before: the rows that were refused then. */
  readonly only?: ReadonlySet<number>;
  /** Fields that are the ids of rows. */
  readonly id?: readonly string[];
  onProgress(done: number, state: LoadState): void;
  onWait(reason: string): void;
}

export interface Loaded extends LoadState {
  /** False if it was interrupted. */
  readonly complete: boolean;
}

const PARCEL_BYTES = 4 << 20;

/** @throws Failure if the file can't be read on or the server refuses all of it; what was answered is kept */
export async function loadFile(deps: LoadDeps): Promise<Loaded> {
  const { reader, from, file, signal, share = 100 } = deps;
  const lastRow = deps.lastRow ?? Infinity;
  const { only } = deps;
  let state: LoadState = from ?? { rows: 0, accepted: 0, rejected: 0, offsets: {} };
  if (only !== undefined) state = { ...state, rows: 0, rejected: 0 };
  const parcels = inParcels(reader.read(state.rows), {
    source: deps.source,
    base: file.base,
    rows: deps.parcelRows,
    bytes: PARCEL_BYTES,
    lastRow,
    only,
    id: deps.id,
  });
  const save = (complete: boolean) => {
    const { rows, accepted, rejected, offsets } = state;
    const id = deps.id && { id: deps.id };
    deps.checkpoints.save({ v: 1, ...file, ...id, rows, accepted, rejected, offsets, complete });
  };
  const settle = async (sending: Promise<Outcome>) => {
    const { parcel, answer, tookMs = 0 } = await sending;
    const rejections = rejectionsOf(parcel, answer);
    deps.rejected.add(rejections);
    state = {
      rows: parcel.upTo,
      accepted: state.accepted + (answer?.accepted ?? 0),
      rejected: state.rejected + parcel.unsendable.length + (answer?.rejected ?? 0),
      offsets: later(state.offsets, answer),
    };
    // Where it is interrupted, the next load finds the rows that were refused before.
    if (only === undefined) save(false);
    deps.onProgress(parcel.done, state);
    if (share < 100) await sleep((tookMs * (100 - share)) / share, signal);
  };

  // The next parcel is read while one is on its way.
  let sending: Promise<Outcome> | undefined;
  for await (const parcel of parcels) {
    if (sending) await settle(sending);
    sending = undefined;
    if (signal.aborted) break;
    sending = send(deps, parcel);
    sending.catch(() => undefined); // awaited with the next parcel
  }
  if (sending) await settle(sending);
  const complete = !signal.aborted;
  if (complete) save(lastRow === Infinity);
  return { ...state, complete };
}

interface Outcome {
  readonly parcel: Parcel;
  readonly answer: IngestAnswer | undefined;
  readonly tookMs?: number;
}

async function send(deps: LoadDeps, parcel: Parcel): Promise<Outcome> {
  if (parcel.body === '') return { parcel, answer: undefined };
  const path = `/v1/sources/${segment(deps.source)}/events`;
  const began = performance.now();
  const answer = await sendParcel(deps.client, path, parcel.body, deps);
  return { parcel, answer, tookMs: performance.now() - began };
}

function rejectionsOf(parcel: Parcel, answer: IngestAnswer | undefined): RejectedRow[] {
  const refused = (answer?.items ?? []).filter((item) => item.code !== 'accepted');
  return [
    ...parcel.unsendable.map((row) => ({ row, why: row.problem! })),
    ...refused.flatMap((item) => {
      const row = parcel.sent[item.index];
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
