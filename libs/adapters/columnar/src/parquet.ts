/** Rows as a Parquet file, of the same columns as the Arrow stream: written by arrow-rs, compiled to WebAssembly. */
import { setImmediate } from 'node:timers/promises';
import type { Value } from '@tenon/domain';
import type { TableHead } from '@tenon/ports';
import type { RecordBatch } from 'parquet-wasm';
import { Compression, Table, WriterPropertiesBuilder, transformParquetStream } from 'parquet-wasm';
import { arrowStream } from './arrow-stream';

type Row = Readonly<Record<string, Value>>;

/** Rows of a row group: what is compressed at one time, while nothing else runs. */
const ROW_GROUP = 2_000;

/** @throws HttpProblem 406 `not-acceptable` */
export async function* parquetFile(
  head: TableHead,
  rows: Iterable<readonly Row[]>,
): AsyncGenerator<Uint8Array> {
  const properties = new WriterPropertiesBuilder()
    .setCompression(Compression.ZSTD)
    .setMaxRowGroupSize(ROW_GROUP)
    .setKeyValueMetadata(new Map(Object.entries(head.metadata)))
    .build();
  const batches = batchesOf(head, rows);
  let failed: { readonly error: unknown } | null = null;
  const source = new ReadableStream<RecordBatch>(
    {
      async pull(controller) {
        try {
          // What else the process does has its turn between two batches.
          await setImmediate();
          const { done, value } = batches.next();
          if (done === true) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          failed = { error };
          controller.close();
        }
      },
    },
    { highWaterMark: 0 },
  );
  const file = (await transformParquetStream(source, properties)) as ReadableStream<Uint8Array>;
  try {
    for await (const piece of file as unknown as AsyncIterable<Uint8Array>) {
      mustBeWhole(failed);
      yield piece;
    }
    mustBeWhole(failed);
  } finally {
    batches.return(undefined);
  }
}

/** The writer would end its file where its source failed, as if that were all. */
function mustBeWhole(failed: { readonly error: unknown } | null): void {
  if (failed !== null) throw failed.error;
}

/** At least one, of which the writer learns the schema. */
function* batchesOf(head: TableHead, rows: Iterable<readonly Row[]>): Generator<RecordBatch> {
  let schema: Uint8Array | null = null;
  let count = 0;
  for (const message of arrowStream(head, withOne(rows))) {
    if (schema === null) schema = message;
    else
      for (const batch of Table.fromIPCStream(Buffer.concat([schema, message])).recordBatches()) {
        count += 1;
        yield batch;
      }
  }
  if (count === 0) throw new Error('An Arrow stream without a batch.');
}

function* withOne(rows: Iterable<readonly Row[]>): Generator<readonly Row[]> {
  let any = false;
  for (const part of rows) {
    any = true;
    yield part;
  }
  if (!any) yield [];
}
