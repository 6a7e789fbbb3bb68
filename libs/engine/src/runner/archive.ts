/**
 * The archive: records as Parquet. `__partition`, `__offset`, `__timestamp`, `__mark`, `__key`, `__value` and `__headers`
 * give back the record as it was; beside them stand the source's columns, so that any tool can read the events.
 */
import type { ArchiveRecord, ArchiveWriter } from '@tenon/ports';
import { type Database, engineFailure } from '../sql/database';
import { quoteName, quoteText } from '../sql/text';
import type { SourceColumn } from '../source-columns';
import { type Extra, RecordReader } from './records';
import type { LineWriter, Spool } from './spool';

/** What a file keeps of a record beside the source's columns. */
export interface FileForm {
  readonly record: Extra<ArchiveRecord>;
  /** The file's columns of it. */
  readonly columns: readonly string[];
}

/**
 * A file of the archive in the making: records are parsed as they come, into a table for each part, and written at the end. So
 * the work of a cut is spread over the time before it, and what waits for the cut does not wait in Node's memory.
 */
export class ArchiveFileWriter implements ArchiveWriter {
  private readonly parts: string[] = [];
  /** Its own until the end, since the tables are temporary ones. */
  private connection: Connection | null = null;

  constructor(
    private readonly database: Database,
    private readonly spool: Spool,
    private readonly columns: readonly SourceColumn[],
    private readonly form: FileForm = RECORDS,
  ) {}

  async add(records: readonly ArchiveRecord[]): Promise<void> {
    await this.use((connection) => {
      const table = `__tenon_part_${this.parts.length}`;
      this.parts.push(table);
      return load(connection, this.spool, table, this.columns, this.form.record, records);
    });
  }

  async finish(path: string): Promise<void> {
    if (this.parts.length === 0) await this.add([]);
    const select = [
      ...OWN_COLUMNS,
      ...this.form.columns,
      ...this.columns.map(({ name }) => quoteName(name)),
    ].join(', ');
    const all = this.parts.map((part) => `SELECT ${select} FROM ${part}`).join(' UNION ALL ');
    await this.use((connection) =>
      connection.run(
        `COPY (${all} ORDER BY __partition, __offset) TO ${quoteText(path)} (FORMAT parquet, COMPRESSION zstd)`,
      ),
    );
    await this.discard();
  }

  async discard(): Promise<void> {
    const { connection, parts } = this;
    if (connection === null) return;
    this.connection = null;
    await connection.run(parts.map((part) => `DROP TABLE IF EXISTS ${part}`).join('; '));
    this.database.release(connection);
  }

  private async use(work: (connection: Connection) => Promise<unknown>): Promise<void> {
    try {
      await work((this.connection ??= await this.database.acquire()));
    } catch (error) {
      throw engineFailure(error, 'Writing the archive');
    }
  }
}

/** Parses records into a temporary table. */
async function load(
  connection: Connection,
  spool: Spool,
  table: string,
  columns: readonly SourceColumn[],
  raw: Extra<ArchiveRecord>,
  records: readonly ArchiveRecord[],
): Promise<void> {
  // Records that are no events keep null in the source's columns: they are spooled without a value to parse.
  const isEvent = ({ mark }: ArchiveRecord) => mark !== 'control' && mark !== 'lost';
  const events = records.filter(isEvent);
  const others = records.filter((record) => !isEvent(record));
  const report = await new RecordReader(connection, spool, events, raw).load(table, columns);
  await connection.run(`ALTER TABLE ${table} ADD COLUMN __unreadable VARCHAR`);
  for (const [row, bad] of report.columns) {
    const names = quoteText(JSON.stringify([...bad.keys()]));
    await connection.run(`UPDATE ${table} SET __unreadable = ${names} WHERE __tenon_row = ${row}`);
  }
  const poison = events.filter((_, row) => report.poison.has(row));
  await insertRaw(connection, spool, table, raw, [...others, ...poison]);
}

type Connection = Awaited<ReturnType<Database['acquire']>>;

/** Adds records of which only the raw form counts. */
async function insertRaw(
  connection: Connection,
  spool: Spool,
  table: string,
  raw: Extra<ArchiveRecord>,
  records: readonly ArchiveRecord[],
): Promise<void> {
  if (records.length === 0) return;
  const file = spool.write((line) => {
    records.forEach((event) => {
      line.ascii(`{"p":${event.partition},"t":${event.record.timestamp}`);
      raw.write(line, event);
      line.ascii('}');
      line.endLine();
    });
  });
  try {
    const fields = [['p', 'INTEGER'], ['t', 'BIGINT'], ...raw.fields]
      .map(([name, type]) => `${name}: '${type}'`)
      .join(', ');
    await connection.run(
      `INSERT INTO ${table} BY NAME SELECT p AS __tenon_partition, t AS __tenon_append, ${raw.select.join(', ')}
       FROM read_json(${quoteText(file.path)}, format = 'newline_delimited', maximum_object_size = ${file.objectSize}, columns = {${fields}})`,
    );
  } finally {
    file.remove();
  }
}

/** Columns of each file. `__unreadable`: a JSON list of columns whose value does not fit. */
const OWN_COLUMNS = [
  '__tenon_partition AS __partition',
  '__offset',
  'make_timestamp(__tenon_append * 1000) AS __timestamp',
  '__mark',
  '__unreadable',
];

/** Where a record stands, and what it is marked as. */
const PLACE: Extra<ArchiveRecord> = {
  fields: [
    ['o', 'BIGINT'],
    ['m', 'VARCHAR'],
  ],
  select: ['o AS __offset', 'm AS __mark'],
  write: (line, { record, mark }) => line.ascii(`,"o":${record.offset},"m":"${mark}"`),
};

/** Without the record itself, for files that only stand in for others. */
export const PLACES: FileForm = { record: PLACE, columns: [] };

/** The record as it is; bytes go in base64, which both sides have in native code. */
export const RECORDS: FileForm = {
  columns: ['__key', '__value', '__headers'],
  record: {
    fields: [...PLACE.fields, ['k', 'VARCHAR'], ['h', 'VARCHAR'], ['w', 'VARCHAR']],
    select: [...PLACE.select, 'from_base64(k) AS __key', 'from_base64(w) AS __value', 'h AS __headers'],
    write(line, event) {
      const { record } = event;
      PLACE.write(line, event);
      if (record.key !== null) line.ascii(`,"k":"${base64(record.key)}"`);
      line.ascii(',"h":');
      writeHeaders(line, record.headers());
      line.ascii(`,"w":"${base64(record.value)}"`);
    },
  },
};

/** Printable ASCII that JSON writes as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** Headers as JSON, in a JSON text; by hand where nothing is to be escaped, which is several times as fast. */
function writeHeaders(line: LineWriter, headers: Readonly<Record<string, string>>): void {
  let text = '';
  for (const [name, value] of Object.entries(headers)) {
    if (!PLAIN.test(name) || !PLAIN.test(value)) return line.text(JSON.stringify(JSON.stringify(headers)));
    text += `${text === '' ? '' : ','}\\"${name}\\":\\"${value}\\"`;
  }
  line.ascii(`"{${text}}"`);
}

const base64 = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
