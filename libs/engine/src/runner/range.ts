/** A range of the archive through a plan: the same SQL as live, over Parquet files. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { EMPTY_LEDGER } from '@tenon/domain';
import type { LedgerCounts, Partition, Plan } from '@tenon/domain';
import type { ArchiveRange, EngineBudget, PartialCell, RangeResult, Refused } from '@tenon/ports';
import { sqlOf } from '../engine-sql';
import { type Database, endedBy, engineFailure, isEnvironmentError } from '../sql/database';
import { quoteName } from '../sql/text';
import type { SourceColumn } from '../source-columns';
import { archiveRelation } from './archive-relation';
import { type ExceedingStates, boundedSqlFor, fillSets, takeExceeding } from './bounded';
import { endsOf, inspect } from './files';
import type { CurrentFiles, OlderFiles } from './older-files';
import { conditionsOf, countMarks, readable } from './marks';
import { CellMerger, inputOf, numbers, over, within } from './partial';
import { isHeavy, partsOf } from './parts';
import { CELLS, memoryChunks, releasing, tableChunks } from './range-cells';
import { rowsBeyond, siftWithin } from './rows-beyond';
import { dropSifted } from './sift';

const NUMBERED = '__tenon_numbered';

/**
 * Aggregates a range. All of it is computed before the first cell is given out; cells then come in chunks, and the
 * connection is free again when they have all been taken (or their iterator is closed).
 *
 * The ledger counts every record of the range: duplicates and control records by their mark, conflicts and poison as
 * dead letters.
 *
 * @param columns those that the plan reads, as the source has them now
 */
export async function aggregateRange(
  database: Database,
  older: OlderFiles,
  plan: Plan,
  columns: readonly SourceColumn[],
  ranges: readonly ArchiveRange[],
  maxRowsPerEvent: number,
  { signal }: Pick<EngineBudget, 'signal'> = {},
): Promise<RangeResult> {
  const connection = await database.acquire();
  try {
    const filled = ranges.filter(({ from, to }) => from < to);
    const result =
      filled.length === 0
        ? { cells: memoryChunks([]), ledger: EMPTY_LEDGER, refused: [], ends: new Map<Partition, number>() }
        : await endedBy(connection, signal, async () =>
            aggregateFiles(
              connection,
              plan,
              await older.current(connection, columns, filled),
              maxRowsPerEvent,
            ),
          );
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

async function aggregateFiles(
  connection: DuckDBConnection,
  plan: Plan,
  files: CurrentFiles,
  maxRowsPerEvent: number,
): Promise<RangeResult> {
  try {
    return await new Range(connection, plan, files, maxRowsPerEvent).run();
  } finally {
    files.remove();
  }
}

async function dropAll(connection: DuckDBConnection, plan: Plan): Promise<void> {
  const sets = sqlOf(plan).bounded?.sets ?? [];
  await dropSifted(connection);
  for (const table of [NUMBERED, CELLS, ...sets.flatMap(({ set, over: exceeding }) => [set, exceeding])]) {
    await connection.run(`DROP TABLE IF EXISTS ${table}`);
  }
}

/** What a range gave: a table of partial rows, or (where no single query could) cells merged here. */
interface Computed {
  readonly cells: readonly PartialCell[] | null;
  /** How many input rows were aggregated, if each gives one row. */
  readonly rows: number;
  readonly refused: ReadonlyMap<number, Omit<Refused, 'partition' | 'offset'>>;
  /** What was read, for counting again. */
  readonly input: string;
  /** States that stand in for those in the table. */
  readonly exceeding?: ExceedingStates | undefined;
}

/** Cells of an input, and how many rows they were made of; null: they are in the table. */
interface Made {
  readonly count: number;
  readonly cells: readonly PartialCell[] | null;
}

class Range {
  constructor(
    private readonly connection: DuckDBConnection,
    private readonly plan: Plan,
    private readonly current: CurrentFiles,
    private readonly maxRowsPerEvent: number,
  ) {}

  async run(): Promise<RangeResult> {
    const { plan } = this;
    const { ranges, groups } = this.current;
    const found = await inspect(this.connection, ranges);
    const files = archiveRelation(plan, ranges, groups, found);
    const marks = await countMarks(this.connection, plan, found, files);
    const conditions = conditionsOf(plan, marks);
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
      ...(marks.lost > 0 && { lost: marks.lost }),
      ...(marks.conflicts > 0 && { conflicts: marks.conflicts }),
      deadLettered: marks.conflicts + poison + unreadable + computed.refused.size,
      filtered: events - poison - unreadable - expired - computed.refused.size - aggregated,
    };
    const bad = poison + unreadable > 0 ? await this.unreadableRecords(files) : [];
    const refused = [...bad, ...(await this.refusedRecords(computed.refused))];
    await this.connection.run(`DROP TABLE IF EXISTS ${NUMBERED}`);
    await dropSifted(this.connection);
    const cells =
      computed.cells === null
        ? tableChunks(this.connection, plan, computed.exceeding)
        : memoryChunks(computed.cells);
    return { cells, ledger, refused, ends: await endsOf(this.connection, ranges) };
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
      const beyond = await rowsBeyond(this.connection, this.plan, input, this.maxRowsPerEvent);
      if (beyond !== null && beyond.size > 0) return undefined;
      if (await isHeavy(this.connection, this.plan, input)) return undefined;
      const bounded = await boundedSqlFor(this.connection, this.plan, input, events, timeSpan);
      if (bounded !== null) await fillSets(this.connection, bounded, input);
      const rows = await this.toTable(input, bounded?.partial);
      const exceeding =
        bounded === null ? undefined : await takeExceeding(this.connection, this.plan, bounded);
      return { cells: null, rows, refused: new Map(), input, exceeding };
    } catch (error) {
      if (isEnvironmentError(error)) throw error;
      return undefined;
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
    const inputWith = (more: readonly string[]) => inputOf(plan, NUMBERED, more);
    const { sifted, beyond } = await siftWithin(
      connection,
      plan,
      this.maxRowsPerEvent,
      inputWith,
      (more) => ({
        ...{ connection, plan, table: NUMBERED, conditions: more },
        usual: () => this.inParts(inputWith(more)),
        run: (input) => this.inParts(input),
        parts: (input) => this.partsOf(input),
        take: async ({ count, cells }) => ({ count, cells: cells ?? (await this.cellsInTable()) }),
      }),
    );
    const { result, input } = sifted;
    const refused: Computed['refused'] = new Map<number, { code: string; detail: string }>([
      ...[...sifted.refused].map(([row, detail]) => [row, { code: 'refused-by-sql', detail }] as const),
      ...[...beyond].map(([row, detail]) => [row, { code: 'too-many-cells', detail }] as const),
    ]);
    if ('whole' in result) return { cells: result.whole.cells, rows: result.whole.count, refused, input };
    const merger = new CellMerger(plan);
    for (const { cells } of result.pieces) merger.add(cells);
    const rows = result.pieces.reduce((sum, { count }) => sum + count, 0);
    return { cells: merger.all(), rows, refused, input };
  }

  private partsOf(input: string): Promise<readonly string[]> {
    return partsOf(this.connection, this.plan, input, 0, this.maxRowsPerEvent);
  }

  /** Computes the cells of an input: into the table, or here where it is too much at a time. */
  private async inParts(input: string): Promise<Made> {
    const parts = await this.partsOf(input);
    if (parts.length === 0) return { count: await this.toTable(input), cells: null };
    const merger = new CellMerger(this.plan);
    let count = 0;
    for (const part of parts) {
      count += await this.toTable(within(input, part));
      merger.add(await this.cellsInTable());
    }
    return { count, cells: merger.all() };
  }

  private async cellsInTable(): Promise<PartialCell[]> {
    const cells: PartialCell[] = [];
    for await (const chunk of tableChunks(this.connection, this.plan)) cells.push(...chunk);
    return cells;
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
       WHERE __mark = 'event' AND (event_time IS NULL OR NOT ${readable(this.plan)}) ORDER BY ALL`,
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

  private async refusedRecords(refused: Computed['refused']): Promise<Refused[]> {
    if (refused.size === 0) return [];
    const places = await numbers(
      this.connection,
      `SELECT __tenon_row, __tenon_partition, __offset FROM ${NUMBERED} WHERE __tenon_row IN (${[...refused.keys()].join(', ')}) ORDER BY 2, 3`,
    );
    return places.map(([row, partition, offset]) => ({
      partition: partition!,
      offset: offset!,
      ...refused.get(row!)!,
    }));
  }
}
