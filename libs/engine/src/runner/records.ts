/** Log records as a relation: reading them, and finding those that can't be read. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { EngineEvent } from '@tenon/ports';
import { amplifiedText } from '../planner/amplifiers';
import { engineFailure, isEnvironmentError, isOutOfMemory, messageOf, query } from '../sql/database';
import { quoteName, quoteText } from '../sql/text';
import type { SourceColumn } from '../source-columns';
import type { LiveTable } from './live-table';
import type { LineWriter, Spool, SpoolFile } from './spool';

/** Why a record, or one of its columns, can't be read. */
export interface UnreadableReason {
  readonly code: string;
  readonly detail: string;
}

/** What reading found. Rows are indices into the records given. */
export interface ReadReport {
  /** Rows that are no events at all. */
  readonly poison: ReadonlyMap<number, UnreadableReason>;
  /** Rows of which some columns have values that their type can't take; the columns are null there. */
  readonly columns: ReadonlyMap<number, ReadonlyMap<string, UnreadableReason>>;
}

const ALL_WELL: ReadReport = { poison: new Map(), columns: new Map() };

/** The parts of a spooled line. */
const [ROW, PARTITION, APPENDED, VALUE, END] = ['{"r":', ',"p":', ',"t":', ',"v":', '}'].map((text) =>
  Buffer.from(text, 'latin1'),
) as [Buffer, Buffer, Buffer, Buffer, Buffer];

/** More per line than the records themselves, e.g. the raw value for the archive. */
export interface Extra<E extends EngineEvent> {
  /** Columns of the spooled line: name and type to read as. */
  readonly fields: readonly (readonly [name: string, type: string])[];
  /** Columns of the relation, as SQL over the fields. */
  readonly select: readonly string[];
  /** Writes `,"name":value` for each field. */
  write(line: LineWriter, event: E): void;
}

const NOTHING: Extra<EngineEvent> = { fields: [], select: [], write: () => undefined };

/** Puts records where DuckDB can read them, and tells which it can't. */
export class RecordReader<E extends EngineEvent = EngineEvent> {
  /** How a value is put on a line. */
  private form = (value: Uint8Array): Uint8Array => value;

  constructor(
    private readonly connection: DuckDBConnection,
    private readonly spool: Spool,
    private readonly events: readonly E[],
    private readonly extra: Extra<E> = NOTHING,
  ) {}

  /**
   * Reads all records into `table`: `__tenon_row`, `__tenon_partition`, `__tenon_append` (milliseconds) and the columns.
   * Fast if all is well; else by halves, until each bad record stands alone. Which records are bad depends on nothing
   * but the records.
   */
  async load(table: string, columns: readonly SourceColumn[], live?: LiveTable): Promise<ReadReport> {
    const rows = this.events.map((_, index) => index);
    await live?.prepare(rows.length);
    const into =
      live === undefined ? `CREATE OR REPLACE TEMP TABLE ${quoteName(table)} AS` : `INSERT INTO ${table}`;
    if (await this.attempt(into, rows, columns)) return ALL_WELL;
    live?.forget();
    // Now with care: in the first attempt a line break in a value only had to be noticed.
    this.form = oneLine;
    const poison = new Map<number, UnreadableReason>();
    const badColumns = new Map<number, Map<string, UnreadableReason>>();
    await this.sift(rows, columns, poison, badColumns);
    await this.create(table, columns);
    const groups = new Map<string, { rows: number[]; readable: SourceColumn[] }>();
    for (const row of rows) {
      if (poison.has(row)) continue;
      const bad = badColumns.get(row);
      const readable = columns.filter(({ name }) => bad?.has(name) !== true);
      const key = readable.map(({ name }) => quoteName(name)).join();
      if (!groups.has(key)) groups.set(key, { rows: [], readable });
      groups.get(key)!.rows.push(row);
    }
    for (const group of groups.values()) {
      await this.run(`INSERT INTO ${quoteName(table)} BY NAME`, group.rows, group.readable);
    }
    return { poison, columns: badColumns };
  }

  private async create(table: string, columns: readonly SourceColumn[]): Promise<void> {
    await this.run(`CREATE OR REPLACE TEMP TABLE ${quoteName(table)} AS`, [], columns);
  }

  /** Finds the bad records among `rows`, knowing that there is one. */
  private async sift(
    rows: readonly number[],
    columns: readonly SourceColumn[],
    poison: Map<number, UnreadableReason>,
    bad: Map<number, Map<string, UnreadableReason>>,
  ): Promise<void> {
    if (rows.length === 1) return this.judge(rows[0]!, columns, poison, bad);
    const middle = rows.length >> 1;
    for (const half of [rows.slice(0, middle), rows.slice(middle)]) {
      if (!(await this.attempt('CREATE OR REPLACE TEMP TABLE __tenon_probe AS', half, columns)))
        await this.sift(half, columns, poison, bad);
    }
  }

  /** What is wrong with one record: itself, or some of its columns. */
  private async judge(
    row: number,
    columns: readonly SourceColumn[],
    poison: Map<number, UnreadableReason>,
    bad: Map<number, Map<string, UnreadableReason>>,
  ): Promise<void> {
    const probe = (some: readonly SourceColumn[]) =>
      this.why('CREATE OR REPLACE TEMP TABLE __tenon_probe AS', [row], some);
    const unreadable = await probe(columns.filter(({ name }) => name === 'event_time'));
    if (unreadable !== undefined) {
      poison.set(row, { code: 'poison', detail: unreadable });
      return;
    }
    const found = new Map<string, UnreadableReason>();
    for (const column of columns) {
      const detail = await probe([column]);
      if (detail !== undefined)
        found.set(column.name, { code: 'unreadable-column', detail: `${column.name}: ${detail}` });
    }
    // Each column alone is fine but not all together: then the record as a whole is not.
    if (found.size === 0) poison.set(row, { code: 'poison', detail: (await probe(columns)) ?? 'unreadable' });
    else bad.set(row, found);
  }

  private async attempt(
    into: string,
    rows: readonly number[],
    columns: readonly SourceColumn[],
  ): Promise<boolean> {
    return (await this.why(into, rows, columns)) === undefined;
  }

  /** @returns why the rows can't be read, or undefined if they were */
  private async why(
    into: string,
    rows: readonly number[],
    columns: readonly SourceColumn[],
  ): Promise<string | undefined> {
    try {
      await this.run(into, rows, columns);
      return undefined;
    } catch (error) {
      // Memory is the machine's matter here: a record is no larger than the log takes.
      if (isEnvironmentError(error) || isOutOfMemory(error)) throw engineFailure(error, 'Reading records');
      return dataErrorText(error);
    }
  }

  private async run(into: string, rows: readonly number[], columns: readonly SourceColumn[]): Promise<void> {
    const file = this.spoolRows(rows);
    try {
      const [counted] = await query(this.connection, `${into} ${this.select(file, columns)}`);
      const count = Number(counted?.getColumnVector(0).getItem(0));
      // A value with line breaks can only pass for several records, never for none.
      if (count !== rows.length)
        throw new Error(`Invalid Input Error: ${rows.length} records gave ${count} lines`);
    } finally {
      file.remove();
    }
  }

  private spoolRows(rows: readonly number[]): SpoolFile {
    return this.spool.write((line) => {
      for (const row of rows) {
        const { partition, record } = this.events[row]!;
        line.constant(ROW);
        line.integer(row);
        line.constant(PARTITION);
        line.integer(partition);
        line.constant(APPENDED);
        line.integer(Math.max(0, Math.trunc(record.timestamp)));
        this.extra.write(line, this.events[row]!);
        line.constant(VALUE);
        line.bytes(this.form(record.value));
        line.constant(END);
        line.endLine();
      }
    });
  }

  /** A SELECT that reads a spooled file: records as typed columns. */
  private select(file: SpoolFile, columns: readonly SourceColumn[]): string {
    const fields = [
      ['r', 'BIGINT'],
      ['p', 'INTEGER'],
      ['t', 'BIGINT'],
      ...this.extra.fields,
      ['v', envelopeType(columns)],
    ] as const;
    const read = fields.map(([name, type]) => `${name}: ${quoteText(type)}`).join(', ');
    const select = [
      'r AS __tenon_row',
      'p AS __tenon_partition',
      't AS __tenon_append',
      ...this.extra.select,
      ...columns.map(columnSql),
    ];
    return `SELECT ${select.join(', ')} FROM read_json(${quoteText(file.path)}, format = 'newline_delimited', maximum_object_size = ${file.objectSize}, columns = {${read}})`;
  }
}

/** The part of the envelope that the columns need, as a STRUCT. */
function envelopeType(columns: readonly SourceColumn[]): string {
  const data = columns.filter(({ path }) => path[0] === 'data');
  const own = columns
    .filter(({ path }) => path[0] !== 'data')
    .map(({ path, readAs }) => `${quoteName(path[0]!)} ${readAs}`);
  const fields = data.map(({ path, readAs }) => `${quoteName(path[1]!)} ${readAs}`);
  return `STRUCT(${[...own, ...(fields.length === 0 ? [] : [`data STRUCT(${fields.join(', ')})`])].join(', ')})`;
}

function columnSql({ name, type, readAs, path }: SourceColumn): string {
  const value = `v.${path.map(quoteName).join('.')}`;
  if (name === 'event_time' && path[0] === 'eventtime') {
    // An event has a time: whatever has none is no event.
    return `make_timestamp(epoch_us(coalesce(${value}, error('there is no eventtime')))) AS event_time`;
  }
  return `${type === readAs ? value : `CAST(${value} AS ${type})`} AS ${quoteName(name)}`;
}

/**
 * The value on one line, with care. A line break in JSON is either white space or, inside a text, not JSON: which one it is, is
 * decided before it is replaced.
 */
function oneLine(value: Uint8Array): Uint8Array {
  if (!value.includes(10)) return value;
  const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  try {
    JSON.parse(text.toString('utf8'));
  } catch {
    return Buffer.from('broken');
  }
  return Buffer.from(text.map((byte) => (byte === 10 ? 32 : byte)));
}

/** DuckDB's message without the name of our file and its advice. */
export function dataErrorText(error: unknown): string {
  return amplifiedText(messageOf(error).split('\n')[0]!)
    .replace(
      /^(Invalid Input Error: )?(JSON transform error|Malformed JSON) in file "[^"]*",? ?(at byte \d+ )?(in line \d+)?: /,
      '$2: ',
    )
    .slice(0, 500);
}
