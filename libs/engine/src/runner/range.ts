/** A range of the archive through a plan: the same SQL as live, over Parquet files. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { EMPTY_LEDGER } from '@tenon/domain';
import type { LedgerCounts, Plan } from '@tenon/domain';
import type { ArchiveMark, ArchiveRange, PartialCell, RangeResult, Refused } from '@tenon/ports';
import { sqlOf } from '../engine-sql';
import { type Database, engineFailure, isDataError } from '../sql/database';
import { quoteName, quoteText } from '../sql/text';
import { type ExceedingStates, boundedSqlFor, fillSets, takeExceeding } from './bounded';
import { type ArchiveFiles, inspect, pathList } from './files';
import { CellMerger, cellsOf, freshness, inputOf, numbers, over, runSifted, without } from './partial';

const NUMBERED = '__tenon_numbered';
const CELLS = '__tenon_cells';

/**
 * Aggregates a range. All of it is computed before the first cell is given out; cells then come in chunks, and the
 * connection is free again when they have all been taken (or their iterator is closed).
 *
 * The ledger counts every record of the range: duplicates and control records by their mark, conflicts and poison as
 * dead letters.
 */
export async function aggregateRange(
  database: Database,
  plan: Plan,
  ranges: readonly ArchiveRange[],
): Promise<RangeResult> {
  const connection = await database.acquire();
  try {
    const result = await new Range(
      connection,
      plan,
      ranges.filter(({ from, to }) => from < to),
    ).run();
    return {
      ...result,
      cells: releasing(result.cells, () =>
        dropAll(connection, plan).finally(() => database.release(connection)),
      ),
    };
  } catch (error) {
    await dropAll(connection, plan).finally(() => database.release(connection));
    throw engineFailure(error, 'Aggregating the archive');
  }
}

async function dropAll(connection: DuckDBConnection, plan: Plan): Promise<void> {
  const sets = sqlOf(plan).bounded?.sets ?? [];
  for (const table of [NUMBERED, CELLS, ...sets.flatMap(({ set, over: exceeding }) => [set, exceeding])]) {
    await connection.run(`DROP TABLE IF EXISTS ${table}`);
  }
}

/** What a range gave: a table of partial rows, or (where no single query could) cells merged here. */
interface Computed {
  readonly cells: readonly PartialCell[] | null;
  /** How many input rows were aggregated, if each gives one row. */
  readonly rows: number;
  readonly refused: ReadonlyMap<number, string>;
  /** What was read, for counting again. */
  readonly input: string;
  /** States that stand in for those in the table. */
  readonly exceeding?: ExceedingStates | undefined;
}

/** The records of a range by what they are. */
interface Marks {
  readonly events: number;
  readonly duplicates: number;
  readonly conflicts: number;
  readonly controls: number;
  /** Of the events: those that are none, those with a bad column, and those that are too old. */
  readonly poison: number;
  readonly unreadable: number;
  readonly expired: number;
}

class Range {
  constructor(
    private readonly connection: DuckDBConnection,
    private readonly plan: Plan,
    private readonly ranges: readonly ArchiveRange[],
  ) {}

  async run(): Promise<RangeResult> {
    const { plan } = this;
    if (this.ranges.length === 0) return { cells: memoryChunks([]), ledger: EMPTY_LEDGER, refused: [] };
    const found = await inspect(this.connection, this.ranges);
    const files = await this.relation(found);
    const marks = (await this.quickCount(found, files)) ?? (await this.count(files));
    const conditions = this.conditions(marks);
    const computed =
      (await this.direct(files, conditions, marks.events, found.timeSpan)) ??
      (await this.numbered(files, conditions));
    const { rows } = sqlOf(plan);
    const aggregated = rows === null ? computed.rows : await this.countRows(rows, computed.input);
    const { events, poison, unreadable, expired } = marks;
    const ledger: LedgerCounts = {
      aggregated,
      expired,
      duplicate: marks.duplicates,
      control: marks.controls,
      deadLettered: marks.conflicts + poison + unreadable + computed.refused.size,
      filtered: events - poison - unreadable - expired - computed.refused.size - aggregated,
    };
    const bad = poison + unreadable > 0 ? await this.unreadableRecords(files) : [];
    const refused = [...bad, ...(await this.refusedRecords(computed.refused))];
    await this.connection.run(`DROP TABLE IF EXISTS ${NUMBERED}`);
    const cells =
      computed.cells === null
        ? tableChunks(this.connection, plan, computed.exceeding)
        : memoryChunks(computed.cells);
    return { cells, ledger, refused };
  }

  /** The files as one relation with the names that a plan's SQL knows, cut to the ranges. */
  private async relation({ whole, cut }: ArchiveFiles): Promise<string> {
    const { types, alike } = await this.fileColumns(pathList([...whole, ...cut]));
    const own = this.plan.engine.columns.map(({ name, type }) => {
      const found = types.get(name.toLowerCase());
      // A column that came later is null in older files; one whose type has changed is cast.
      if (found === undefined) return `CAST(NULL AS ${type}) AS ${quoteName(name)}`;
      return found === type ? quoteName(name) : `CAST(${quoteName(name)} AS ${type}) AS ${quoteName(name)}`;
    });
    const select = [
      ...own,
      '__mark',
      '__offset',
      '__unreadable',
      '__partition AS __tenon_partition',
      '__offset AS __tenon_row',
      'epoch_ms(__timestamp) AS __tenon_append',
    ].join(', ');
    const options = `filename = '__file'${alike ? '' : ', union_by_name = true'}`;
    const read = (paths: readonly string[]) =>
      `SELECT ${select} FROM read_parquet(${pathList(paths)}, ${options})`;
    // Ranges of one partition may lie in files that overlap (two writers cut the log differently): each takes its own.
    const spans = this.ranges.map(
      ({ partition, from, to, paths }) =>
        `(__partition = ${partition} AND __offset >= ${from} AND __offset < ${to} AND __file IN (${paths.map(quoteText).join(', ')}))`,
    );
    const parts = [
      ...(whole.length === 0 ? [] : [read(whole)]),
      ...(cut.length === 0 ? [] : [`${read(cut)} WHERE ${spans.join(' OR ')}`]),
    ];
    return `(${parts.join(' UNION ALL ')})`;
  }

  /** Columns of the files (lower case) with their types, and whether all files have the same. */
  private async fileColumns(list: string): Promise<{ types: Map<string, string>; alike: boolean }> {
    const described = await this.connection.runAndReadAll(
      `DESCRIBE SELECT * FROM read_parquet(${list}, union_by_name = true)`,
    );
    const types = new Map(
      described.getRows().map(([name, type]) => [String(name).toLowerCase(), String(type)]),
    );
    const [[schemas]] = (await numbers(
      this.connection,
      `SELECT count(DISTINCT fields) FROM (
         SELECT list((name, type, converted_type, logical_type, num_children)) AS fields FROM parquet_schema(${list}) GROUP BY file_name)`,
    )) as [[number]];
    return { types, alike: schemas === 1 };
  }

  /** What must hold for a record to be aggregated, as far as it is not known to hold for all. */
  private conditions({ poison, unreadable }: Marks): string[] {
    return [
      "__mark = 'event'",
      ...(poison > 0 ? ['event_time IS NOT NULL'] : []),
      ...(unreadable > 0 ? [this.readable()] : []),
      ...freshness(this.plan),
    ];
  }

  private readable(): string {
    const names = sqlOf(this.plan)
      .columns.map(({ name }) => quoteText(name))
      .join(', ');
    return `(__unreadable IS NULL OR NOT list_has_any(from_json(__unreadable, '["VARCHAR"]'), [${names}]))`;
  }

  /** Counts by mark alone, where the files' statistics answer the rest. */
  private async quickCount(found: ArchiveFiles, files: string): Promise<Marks | undefined> {
    if (found.cut.length > 0 || !found.readable || this.plan.retentionMicros !== null) return undefined;
    const reader = await this.connection.runAndReadAll(
      `SELECT __mark, count(*) FROM ${files} GROUP BY __mark`,
    );
    const counts = new Map(reader.getRows().map(([mark, count]) => [String(mark), Number(count)]));
    const of = (mark: ArchiveMark) => counts.get(mark) ?? 0;
    // Control records have no event time; if no other record is without, no event is poison.
    if (found.withoutTime !== of('control')) return undefined;
    const marks = {
      events: of('event'),
      duplicates: of('duplicate'),
      conflicts: of('conflict'),
      controls: of('control'),
    };
    return { ...marks, poison: 0, unreadable: 0, expired: 0 };
  }

  private async count(files: string): Promise<Marks> {
    const event = "__mark = 'event'";
    const timed = `${event} AND event_time IS NOT NULL`;
    const stale = freshness(this.plan).map((fresh) => `NOT (${fresh})`)[0] ?? 'false';
    const counts = [
      event,
      "__mark = 'duplicate'",
      "__mark = 'conflict'",
      "__mark = 'control'",
      `${event} AND event_time IS NULL`,
      `${timed} AND NOT ${this.readable()}`,
      `${timed} AND ${this.readable()} AND ${stale}`,
    ];
    const sql = `SELECT ${counts.map((one) => `count(*) FILTER (${one})`).join(', ')} FROM ${files}`;
    const [row] = (await numbers(this.connection, sql)) as [number[]];
    const [events, duplicates, conflicts, controls, poison, unreadable, expired] = row as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    return { events, duplicates, conflicts, controls, poison, unreadable, expired };
  }

  /** The usual way: straight from the files. @returns undefined if some record can't be taken */
  private async direct(
    files: string,
    conditions: readonly string[],
    events: number,
    timeSpan: number | null,
  ): Promise<Computed | undefined> {
    try {
      const input = inputOf(this.plan, files, conditions);
      const bounded = await boundedSqlFor(this.connection, this.plan, input, events, timeSpan);
      if (bounded !== null) await fillSets(this.connection, bounded, input);
      const rows = await this.toTable(input, bounded?.partial);
      const exceeding =
        bounded === null ? undefined : await takeExceeding(this.connection, this.plan, bounded);
      return { cells: null, rows, refused: new Map(), input, exceeding };
    } catch (error) {
      if (isDataError(error)) return undefined;
      throw error;
    }
  }

  /** Numbers the rows, so that those that can't be taken are found by halves. */
  private async numbered(files: string, conditions: readonly string[]): Promise<Computed> {
    const { plan, connection } = this;
    const columns = sqlOf(plan)
      .columns.map(({ name }) => quoteName(name))
      .join(', ');
    const where = conditions.map((condition) => `(${condition})`).join(' AND ');
    await connection.run(
      `CREATE OR REPLACE TEMP TABLE ${NUMBERED} AS
       SELECT ${columns}, __tenon_partition, __offset, row_number() OVER () - 1 AS __tenon_row FROM ${files} WHERE ${where}`,
    );
    const [[rows]] = (await numbers(connection, `SELECT count(*) FROM ${NUMBERED}`)) as [[number]];
    const runs = await runSifted(
      { rows, conditions: [] },
      (some) => this.toTable(inputOf(plan, NUMBERED, some)),
      async (some) => {
        const count = await this.toTable(inputOf(plan, NUMBERED, some));
        const cells: PartialCell[] = [];
        for await (const chunk of tableChunks(connection, plan)) cells.push(...chunk);
        return { count, cells };
      },
    );
    const merger = new CellMerger(plan);
    for (const { cells } of runs.results) merger.add(cells);
    const total = runs.results.reduce((sum, { count }) => sum + count, 0);
    return {
      cells: merger.all(),
      rows: total,
      refused: runs.refused,
      input: inputOf(plan, NUMBERED, without(runs.refused)),
    };
  }

  /** Computes the cells of an input. @returns how many rows they were made of */
  private async toTable(input: string, sql = sqlOf(this.plan).partial): Promise<number> {
    await this.connection.run(`CREATE OR REPLACE TEMP TABLE ${CELLS} AS ${over(sql, input)}`);
    const [[rows]] = (await numbers(this.connection, `SELECT coalesce(sum(n), 0) FROM ${CELLS}`)) as [
      [number],
    ];
    return rows;
  }

  private async countRows(sql: string, input: string): Promise<number> {
    const partitions = await numbers(this.connection, over(sql, input));
    return partitions.reduce((sum, [, count]) => sum + count!, 0);
  }

  private async unreadableRecords(files: string): Promise<Refused[]> {
    const reader = await this.connection.runAndReadAll(
      `SELECT __tenon_partition, __offset, __unreadable FROM ${files}
       WHERE __mark = 'event' AND (event_time IS NULL OR NOT ${this.readable()}) ORDER BY ALL`,
    );
    return reader.getRowsJson().map(([partition, offset, columns]) => ({
      partition: Number(partition),
      offset: Number(offset),
      code: columns === null ? 'poison' : 'unreadable-column',
      detail:
        columns === null
          ? 'The record is no event.'
          : `Values that do not fit their column: ${(JSON.parse(String(columns)) as string[]).join(', ')}.`,
    }));
  }

  private async refusedRecords(refused: ReadonlyMap<number, string>): Promise<Refused[]> {
    if (refused.size === 0) return [];
    const places = await numbers(
      this.connection,
      `SELECT __tenon_row, __tenon_partition, __offset FROM ${NUMBERED} WHERE __tenon_row IN (${[...refused.keys()].join(', ')}) ORDER BY 2, 3`,
    );
    return places.map(([row, partition, offset]) => ({
      partition: partition!,
      offset: offset!,
      code: 'refused-by-sql',
      detail: refused.get(row!)!,
    }));
  }
}

async function* tableChunks(
  connection: DuckDBConnection,
  plan: Plan,
  exceeding: ExceedingStates = new Map(),
): AsyncGenerator<PartialCell[]> {
  const result = await connection.stream(`SELECT * FROM ${CELLS}`);
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    const { cells } = cellsOf(plan, chunk, 0);
    for (const [index, states] of exceeding) {
      if (states.size === 0) continue;
      for (const cell of cells)
        cell.states[index] = states.get(JSON.stringify(cell.key)) ?? cell.states[index]!;
    }
    if (cells.length > 0) yield cells;
  }
}

const CHUNK_CELLS = 2048;

async function* memoryChunks(cells: readonly PartialCell[]): AsyncGenerator<readonly PartialCell[]> {
  for (let at = 0; at < cells.length; at += CHUNK_CELLS) yield cells.slice(at, at + CHUNK_CELLS);
}

/** The chunks, and then the connection back, also if the reader stops early. */
async function* releasing<T>(chunks: AsyncIterable<T>, release: () => Promise<void>): AsyncGenerator<T> {
  try {
    yield* chunks;
  } finally {
    await release();
  }
}
