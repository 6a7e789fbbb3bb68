/** Rows gathered to parcels, each of which is the body of a request. */
import type { FileRow, RowChunk } from '@tenon/adapters-files';
import { idFrom } from './id-fields';
import { EVENT_SOURCE, eventId } from './identity';

export interface Parcel {
  /** NDJSON; empty if no row of the parcel can be sent. */
  readonly body: string;
  /** The row of each line of the body. */
  readonly sent: readonly FileRow[];
  /** Rows that can't be sent. */
  readonly unsendable: readonly FileRow[];
  /** The last row of the parcel. */
  readonly upTo: number;
  readonly done: number;
}

export interface ParcelOptions {
  readonly source: string;
  /** What the ids are made of. */
  readonly base: string;
  readonly rows: number;
  readonly bytes: number;
  /** No row after this one. */
  readonly lastRow: number;
  /** Only these rows; absent: all. */
  readonly only?: ReadonlySet<number> | undefined;
  /** Fields of the rows that are their ids; absent: ids are made of the file and the row's number. */
  readonly id?: readonly string[] | undefined;
}

export async function* inParcels(
  chunks: AsyncIterable<RowChunk>,
  options: ParcelOptions,
): AsyncGenerator<Parcel> {
  // Everything but id and data is the same for all rows.
  const { id: fields } = options;
  // An id of the data is the source's, as where the source says so itself.
  const origin = fields === undefined ? EVENT_SOURCE : `/${options.source}`;
  const before = `{"specversion":"1.0","source":${JSON.stringify(origin)},"type":${JSON.stringify(options.source)},"id":`;
  const missing = { code: 'id-missing', detail: `The row has no value in ${fields?.join(', ')}.` };
  let lines: string[] = [];
  let sent: FileRow[] = [];
  let unsendable: FileRow[] = [];
  let bytes = 0;
  let upTo = 0;
  const take = (done: number): Parcel => {
    const parcel = { body: lines.length === 0 ? '' : `${lines.join('\n')}\n`, sent, unsendable, upTo, done };
    [lines, sent, unsendable, bytes] = [[], [], [], 0];
    return parcel;
  };
  let done = 0;
  for await (const chunk of chunks) {
    for (const row of chunk.rows) {
      if (row.number > options.lastRow) break;
      upTo = row.number;
      if (options.only?.has(row.number) === false) continue;
      const id =
        row.problem !== undefined || row.asIs === true || fields === undefined
          ? eventId(options.base, row.number)
          : idFrom(row.text, fields);
      if (row.problem !== undefined) unsendable.push(row);
      else if (id === undefined) unsendable.push({ ...row, problem: missing });
      else {
        const line = row.asIs ? row.text : `${before}${JSON.stringify(id)},"data":${row.text}}`;
        lines.push(line);
        sent.push(row);
        bytes += line.length;
      }
      if (sent.length + unsendable.length >= options.rows || bytes >= options.bytes) yield take(done);
    }
    done = chunk.done;
    if (upTo >= options.lastRow) break;
  }
  if (sent.length + unsendable.length > 0) yield take(done);
}
