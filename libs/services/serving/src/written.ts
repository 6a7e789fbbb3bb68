/** Answers in the format that they are asked for. Pages of one part are sent as a whole, larger ones as a stream. */
import type { RowsFormat } from '@tenon/contracts';
import type { Value } from '@tenon/domain';
import { HttpProblem } from '@tenon/errors';
import type { HttpResponse, TableColumn, Tables } from '@tenon/ports';
import { csvParts } from './csv';
import type { OnTheirWay } from './on-their-way';
import { sizeOf } from './pages';
import type { ProductReader, ReadAnswer } from './reader';

type Row = Readonly<Record<string, Value>>;
type Body = Pick<HttpResponse, 'text' | 'bytes' | 'stream' | 'ends'>;

/** Beside the product's columns; CSV has the first two. */
const OWN_COLUMNS: readonly TableColumn[] = [
  { name: '_cell', type: 'VARCHAR' },
  { name: '_status', type: 'VARCHAR' },
  { name: '_approximate', type: 'VARCHAR[]' },
  { name: '_errors', type: 'STRUCT("column" VARCHAR, "code" VARCHAR, "reason" VARCHAR)[]' },
];

export interface WrittenDeps {
  /** Absent: rows are given as JSON and CSV alone. */
  readonly tables?: Tables;
  readonly onTheirWay: OnTheirWay;
}

/** @throws HttpProblem 406 `not-acceptable`, 503 `too-many-questions` */
export async function bodyOf(
  { tables, onTheirWay }: WrittenDeps,
  reader: ProductReader,
  answer: ReadAnswer,
  format: RowsFormat,
): Promise<Body> {
  const { parts } = answer;
  const pieces = piecesOf(tables, reader, answer, format);
  if (parts.length > 1)
    return { stream: onTheirWay.send<string | Uint8Array>(sizeOf(parts), pieces), ends: true };
  const made: (string | Uint8Array)[] = [];
  for await (const piece of pieces) made.push(piece);
  return format === 'arrow' || format === 'parquet'
    ? { bytes: joined(made as Uint8Array[]) }
    : { text: made.join('') };
}

function piecesOf(
  tables: Tables | undefined,
  reader: ProductReader,
  answer: ReadAnswer,
  format: RowsFormat,
): Iterable<string> | AsyncIterable<Uint8Array> {
  if (format === 'json') return reader.jsonParts(answer);
  const { plan } = reader.layout;
  const columns = [...plan.columns, ...OWN_COLUMNS].map(({ name, type }) => ({ name, type }));
  const rows = rowsOf(answer);
  if (format === 'csv' || format === 'spreadsheet') {
    const names = columns.slice(0, plan.columns.length + 2).map(({ name }) => name);
    return csvParts(names, rows, format === 'spreadsheet');
  }
  if (tables === undefined)
    throw new HttpProblem(406, 'not-acceptable', 'Rows are given as application/json or text/csv here.');
  const metadata = {
    'tenon.product': plan.product,
    'tenon.version': String(plan.version),
    'tenon.answer': answer.answer,
    ...(answer.next !== null && { 'tenon.next': answer.next }),
  };
  return tables.encode(format, { columns, metadata }, rows);
}

function* rowsOf({ parts }: ReadAnswer): Generator<readonly Row[]> {
  for (const part of parts) yield JSON.parse(`[${part}]`) as Row[];
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
