/**
 * The archive: records as Parquet. `__partition`, `__offset`, `__timestamp`, `__mark`, `__key`, `__value` and `__headers`
 * give back the record as it was; beside them stand the source's columns, so that any tool can read the events.
 */
import { isUtf8 } from 'node:buffer';
import type { SourceDefinition } from '@tenon/domain';
import type { ArchiveRecord } from '@tenon/ports';
import { type Database, engineFailure } from '../sql/database';
import { quoteName, quoteText } from '../sql/text';
import { columnsOf } from '../source-columns';
import { type Extra, RecordReader } from './records';
import type { LineWriter, Spool } from './spool';

const TABLE = '__tenon_archive';

/** Columns of each file, before the source's. `__unreadable`: a JSON list of columns whose value does not fit. */
const OWN_COLUMNS = [
  '__tenon_partition AS __partition',
  '__offset',
  'make_timestamp(__tenon_append * 1000) AS __timestamp',
  '__mark',
  '__key',
  '__value',
  '__headers',
];

/** @param path of the file to write; it is there whole or not at all only once the call resolves */
export async function writeArchive(
  database: Database,
  spool: Spool,
  source: SourceDefinition,
  records: readonly ArchiveRecord[],
  path: string,
): Promise<void> {
  const columns = columnsOf(source);
  await database.use(async (connection) => {
    // Records that are no events keep null in the source's columns: they are spooled without a value to parse.
    const isEvent = (record: ArchiveRecord) =>
      record.mark === 'event' || record.mark === 'duplicate' || record.mark === 'conflict';
    const events = records.filter(isEvent);
    const others = records.filter((record) => !isEvent(record));
    try {
      const report = await new RecordReader(connection, spool, events, rawFields(events)).load(
        TABLE,
        columns,
      );
      await connection.run(`ALTER TABLE ${TABLE} ADD COLUMN __unreadable VARCHAR`);
      for (const [row, bad] of report.columns) {
        const names = quoteText(JSON.stringify([...bad.keys()]));
        await connection.run(`UPDATE ${TABLE} SET __unreadable = ${names} WHERE __tenon_row = ${row}`);
      }
      const poison = events.filter((_, row) => report.poison.has(row));
      await insertRaw(connection, spool, [...others, ...poison]);
      const select = [...OWN_COLUMNS, '__unreadable', ...columns.map(({ name }) => quoteName(name))].join(
        ', ',
      );
      await connection.run(
        `COPY (SELECT ${select} FROM ${TABLE} ORDER BY __partition, __offset) TO ${quoteText(path)} (FORMAT parquet, COMPRESSION zstd)`,
      );
    } catch (error) {
      throw engineFailure(error, 'Writing the archive');
    } finally {
      await connection.run(`DROP TABLE IF EXISTS ${TABLE}`);
    }
  });
}

type Connection = Awaited<ReturnType<Database['acquire']>>;

/** Adds records of which only the raw form counts. */
async function insertRaw(
  connection: Connection,
  spool: Spool,
  records: readonly ArchiveRecord[],
): Promise<void> {
  if (records.length === 0) return;
  const raw = rawFields(records);
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
      `INSERT INTO ${TABLE} BY NAME SELECT p AS __tenon_partition, t AS __tenon_append, ${raw.select.join(', ')}
       FROM read_json(${quoteText(file.path)}, format = 'newline_delimited', maximum_object_size = ${file.objectSize}, columns = {${fields}})`,
    );
  } finally {
    file.remove();
  }
}

/** The record as it is: texts where they are UTF-8, else base64. */
function rawFields(records: readonly ArchiveRecord[]): Extra {
  const marks = new Map(records.map((record) => [record.record, record.mark]));
  return {
    fields: [
      ['o', 'BIGINT'],
      ['m', 'VARCHAR'],
      ['k', 'VARCHAR'],
      ['kb', 'VARCHAR'],
      ['h', 'VARCHAR'],
      ['w', 'VARCHAR'],
      ['wb', 'VARCHAR'],
    ],
    select: [
      'o AS __offset',
      'm AS __mark',
      'coalesce(encode(k), from_base64(kb)) AS __key',
      'coalesce(encode(w), from_base64(wb)) AS __value',
      'h AS __headers',
    ],
    write(line, { record }) {
      line.ascii(`,"o":${record.offset},"m":"${marks.get(record)!}"`);
      if (record.key !== null) writeBytes(line, 'k', record.key);
      line.ascii(',"h":');
      line.text(JSON.stringify(JSON.stringify(record.headers())));
      writeBytes(line, 'w', record.value);
    },
  };
}

function writeBytes(line: LineWriter, name: string, bytes: Uint8Array): void {
  if (isUtf8(bytes)) {
    line.ascii(`,"${name}":`);
    line.jsonText(bytes);
  } else {
    const base64 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
    line.ascii(`,"${name}b":"${base64}"`);
  }
}
