/** A micro-batch of the live log: read once, aggregated by any number of plans. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { EMPTY_LEDGER } from '@tenon/domain';
import type { Plan } from '@tenon/domain';
import type { Aggregated, EngineBudget, EngineEvent, MicroBatch, PartialCell, Refused } from '@tenon/ports';
import { sqlOf } from '../engine-sql';
import { type Database, endedBy, query } from '../sql/database';
import type { SourceColumn } from '../source-columns';
import { type LiveCell, MergedCells, liveCells } from './live-cells';
import { partsOf } from './parts';
import { freshness, inputOf, numbers, over, within, without } from './partial';
import { type LiveTable, liveTable } from './live-table';
import { type ReadReport, RecordReader, type UnreadableReason } from './records';
import { siftWithin } from './rows-beyond';
import type { SiftJob } from './sift';
import { dropSifted } from './sift';
import type { Spool } from './spool';

export async function openMicroBatch(
  database: Database,
  spool: Spool,
  columns: readonly SourceColumn[],
  events: readonly EngineEvent[],
  maxRowsPerEvent: number,
): Promise<MicroBatch> {
  const connection = await database.acquire();
  try {
    const table = liveTable(connection, columns);
    const report = await new RecordReader(connection, spool, events).load(table.name, columns, table);
    return new OpenMicroBatch(database, connection, table, events, report, maxRowsPerEvent);
  } catch (error) {
    database.release(connection);
    throw error;
  }
}

class OpenMicroBatch implements MicroBatch {
  readonly poison: readonly Refused[];
  /** Partition → how many events. */
  private readonly given = new Map<number, number>();
  private closed = false;
  /** One statement at a time on the connection. */
  private queue: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly connection: DuckDBConnection,
    private readonly table: LiveTable,
    private readonly events: readonly EngineEvent[],
    private readonly report: ReadReport,
    private readonly maxRowsPerEvent: number,
  ) {
    this.poison = [...report.poison].map(([row, reason]) => this.refusal(row, reason));
    for (const { partition } of events) this.given.set(partition, (this.given.get(partition) ?? 0) + 1);
  }

  aggregate(plan: Plan, { mostCells = Infinity, signal }: EngineBudget = {}): Promise<Aggregated> {
    if (this.closed) return Promise.reject(new Error('The micro-batch is closed.'));
    const run = () => endedBy(this.connection, signal, () => this.run(plan, mostCells));
    const result = this.queue.then(run);
    this.queue = result.catch(() => undefined);
    return result;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.queue;
    await this.table.clear();
    this.database.release(this.connection);
  }

  private async run(plan: Plan, mostCells: number): Promise<Aggregated> {
    const unreadable = this.unreadableFor(plan);
    const readable = without(unreadable);
    const fresh = freshness(plan);
    const conditions = [...readable, ...fresh];
    const counts = new PartitionCounts(this.given);
    const { name } = this.table;
    const inputWith = (more: readonly string[]) => inputOf(plan, name, [...conditions, ...more]);
    const { sifted: partial, beyond } = await siftWithin(
      this.connection,
      plan,
      this.maxRowsPerEvent,
      inputWith,
      (more) => this.job(plan, [...conditions, ...more], readable.length + more.length === 0, mostCells),
    );
    const cells = new Map<number, PartialCell[]>();
    const { result } = partial;
    for (const { partition, cell, n } of 'whole' in result ? result.whole : (result.pieces[0]?.all() ?? [])) {
      counts.of(partition).aggregated += n;
      push(cells, partition, cell);
    }
    const countRows = sqlOf(plan).rows;
    if (countRows !== null) {
      counts.replaceAggregated(await numbers(this.connection, over(countRows, partial.input)));
    }
    if (partial.refused.size > 0) await dropSifted(this.connection);
    if (fresh.length > 0) {
      const expired = [...readable, `NOT (${fresh[0]})`].map((one) => `(${one})`).join(' AND ');
      const sql = `SELECT __tenon_partition, count(*) FROM ${name} WHERE ${expired} GROUP BY ALL`;
      for (const [p, count] of await numbers(this.connection, sql)) counts.of(p!).expired = count!;
    }
    const refused = [
      ...[...unreadable].map(([row, reason]) => this.refusal(row, reason)),
      ...[...beyond].map(([row, detail]) => this.refusal(row, { code: 'too-many-cells', detail })),
      ...[...partial.refused].map(([row, detail]) => this.refusal(row, { code: 'refused-by-sql', detail })),
    ];
    for (const { partition } of [...this.poison, ...refused]) counts.of(partition).deadLettered += 1;
    return { partitions: counts.results(cells), refused };
  }

  /** @param kept whether its text comes again with each micro-batch */
  private job(
    plan: Plan,
    conditions: readonly string[],
    kept: boolean,
    mostCells: number,
  ): SiftJob<LiveCell[], MergedCells> {
    const { connection, table } = this;
    const { live } = sqlOf(plan);
    const merged = new MergedCells(plan, mostCells);
    const once = async (input: string) =>
      liveCells(plan, await query(connection, over(live, input)), mostCells);
    const partsWithin = (input: string) =>
      partsOf(connection, plan, input, this.events.length, this.maxRowsPerEvent);
    const inParts = async (parts: readonly string[], input: string) => {
      const whole = new MergedCells(plan, mostCells);
      for (const part of parts) whole.add(await once(within(input, part)));
      return whole.all();
    };
    return {
      ...{ connection, plan, conditions, table: table.name, parts: partsWithin },
      run: async (input) => {
        const parts = await partsWithin(input);
        return parts.length > 0 ? inParts(parts, input) : once(input);
      },
      usual: async () => {
        const input = inputOf(plan, table.name, conditions);
        const parts = await partsWithin(input);
        if (parts.length > 0) return inParts(parts, input);
        return kept ? liveCells(plan, await table.query(over(live, input)), mostCells) : once(input);
      },
      take: (cells) => Promise.resolve(merged.add(cells)),
    };
  }

  /** Rows with a bad value in a column that the plan reads. */
  private unreadableFor(plan: Plan): Map<number, UnreadableReason> {
    const rows = new Map<number, UnreadableReason>();
    for (const [row, columns] of this.report.columns) {
      for (const { name } of sqlOf(plan).columns) {
        const reason = columns.get(name);
        if (reason !== undefined && !rows.has(row)) rows.set(row, reason);
      }
    }
    return rows;
  }

  private refusal(row: number, { code, detail }: UnreadableReason): Refused {
    const { partition, record } = this.events[row]!;
    return { partition, offset: record.offset, code, detail };
  }
}

interface Counts {
  given: number;
  aggregated: number;
  expired: number;
  deadLettered: number;
}

/** The ledger of a micro-batch, by partition. */
class PartitionCounts {
  private readonly partitions = new Map<number, Counts>();

  constructor(given: ReadonlyMap<number, number>) {
    for (const [partition, count] of given) this.of(partition).given = count;
  }

  of(partition: number): Counts {
    let counts = this.partitions.get(partition);
    if (counts === undefined) {
      counts = { given: 0, aggregated: 0, expired: 0, deadLettered: 0 };
      this.partitions.set(partition, counts);
    }
    return counts;
  }

  replaceAggregated(rows: readonly number[][]): void {
    for (const counts of this.partitions.values()) counts.aggregated = 0;
    for (const [partition, count] of rows) this.of(partition!).aggregated = count!;
  }

  results(cells: ReadonlyMap<number, readonly PartialCell[]>): Aggregated['partitions'] {
    return [...this.partitions].map(([partition, { given, aggregated, expired, deadLettered }]) => ({
      partition,
      cells: cells.get(partition) ?? [],
      ledger: {
        ...EMPTY_LEDGER,
        aggregated,
        expired,
        deadLettered,
        filtered: given - aggregated - expired - deadLettered,
      },
    }));
  }
}

function push(cells: Map<number, PartialCell[]>, partition: number, cell: PartialCell): void {
  const list = cells.get(partition);
  if (list === undefined) cells.set(partition, [cell]);
  else list.push(cell);
}
