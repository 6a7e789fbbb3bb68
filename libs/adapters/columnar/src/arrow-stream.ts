/** Rows as an Arrow IPC stream: the schema with its metadata, a record batch for each part, the end. */
import type { Value } from '@tenon/domain';
import type { TableHead } from '@tenon/ports';
import type { DataType } from 'apache-arrow';
import { Field, RecordBatch, RecordBatchStreamWriter, Schema, Struct, makeData } from 'apache-arrow';
import type { ColumnKind } from './column';
import { problemOf } from './column';
import { kindOf } from './kinds';

type Row = Readonly<Record<string, Value>>;

/** In the metadata of each field: its type in SQL, which a text's column does not tell. */
const SQL_TYPE = 'tenon.sql_type';

/** The bytes of messages as they are written, to be taken when they are wanted. */
class Messages extends RecordBatchStreamWriter {
  private pieces: Uint8Array[] = [];

  take(): Uint8Array {
    const bytes = Buffer.concat(this.pieces);
    this.pieces = [];
    return bytes;
  }

  protected override _write(chunk: ArrayBufferView): this {
    if (this._started && chunk.byteLength > 0) {
      this.pieces.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      this._position += chunk.byteLength;
    }
    return this;
  }
}

/** @throws HttpProblem 406 `not-acceptable` */
export function* arrowStream(
  { columns, metadata }: TableHead,
  rows: Iterable<readonly Row[]>,
): Generator<Uint8Array> {
  const kinds = columns.map(({ name, type }) => ({ name, type, kind: kindOf(type) }));
  const fields = kinds.map(
    ({ name, type, kind }) => new Field<DataType>(name, kind.type, true, new Map([[SQL_TYPE, type]])),
  );
  const schema = new Schema(fields, new Map(Object.entries(metadata)));
  const messages = new Messages();
  messages.reset(undefined, schema);
  yield messages.take();
  for (const part of rows) {
    const children = kinds.map(({ name, kind }) => columnData(part, name, kind));
    const type = new Struct(fields);
    messages.write(new RecordBatch(schema, makeData({ type, length: part.length, nullCount: 0, children })));
    yield messages.take();
  }
  messages.finish();
  yield messages.take();
}

function columnData(rows: readonly Row[], name: string, kind: ColumnKind) {
  try {
    return kind.data(rows.map((row) => row[name] ?? null));
  } catch (error) {
    throw problemOf(error, name);
  }
}
