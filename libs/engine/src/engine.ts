/** The engine port on DuckDB: one planner, and one database for everything that runs. */
import { tmpdir } from 'node:os';
import type { Plan, ProductDefinition, SourceDefinition } from '@tenon/domain';
import { TenonError } from '@tenon/errors';
import type {
  AnswerCell,
  AnswerRow,
  ArchiveAge,
  ArchiveRange,
  ArchiveWriter,
  Beside,
  Engine,
  EngineBudget,
  EngineEvent,
  LogRecord,
  MicroBatch,
  RangeResult,
} from '@tenon/ports';
import { MOST_ROWS } from './planner/endless';
import { MACROS } from './planner/macros';
import type { PlanningBudget } from './planner/planner';
import { Planner } from './planner/planner';
import { ArchiveFileWriter } from './runner/archive';
import { ageOf } from './runner/archive-age';
import { joinFiles } from './runner/join-files';
import { archivedRecords } from './runner/archived-records';
import { openMicroBatch } from './runner/micro-batch';
import { finalizeCells } from './runner/finalize';
import { OlderFiles } from './runner/older-files';
import { aggregateRange } from './runner/range';
import type { OwnDirectory } from './runner/own-directory';
import { ownDirectory } from './runner/own-directory';
import { Spool } from './runner/spool';
import { type SourceColumn, allColumnsOf, columnsOf } from './source-columns';
import { Database } from './sql/database';

export interface EngineOptions {
  /** DuckDB's threads for the archive and for answers; 2 if not given. */
  readonly threads?: number;
  /** DuckDB's memory, e.g. `512MB`; beyond it, it spills to the spool directory. */
  readonly memoryLimit?: string;
  /** How many rows a product's FROM may make of an event: the same in all processes. 10,000 if not given. */
  readonly maxRowsPerEvent?: number;
  /** What planning one product may take; 10 s and 512 MiB if not given. */
  readonly planning?: PlanningBudget;
  /** Where records are handed over to DuckDB; by default in memory (/dev/shm), else the system's temporary directory. */
  readonly spoolDirectory?: string;
}

export async function createEngine(options: EngineOptions = {}): Promise<Engine> {
  const mostRows = options.maxRowsPerEvent ?? MOST_ROWS;
  const spool = new Spool(options.spoolDirectory);
  const spill = ownDirectory(options.spoolDirectory ?? tmpdir(), 'tenon-spill');
  const tempDirectory = spill.path;
  const database = await Database.open({ ...options, tempDirectory, files: true });
  // One thread per micro-batch: handing out a few rows costs more than working on them. They run side by side.
  const live = await Database.open({ ...options, threads: 1, tempDirectory, files: true }, LIVE_SESSION);
  for (const one of [database, live])
    await one.use(async (connection) => {
      for (const macro of MACROS) await connection.run(macro);
    });
  return new DuckDBEngine(
    database,
    live,
    await Planner.open(mostRows, options.planning),
    spool,
    spill,
    mostRows,
  );
}

/**
 * Prepared plans outlive the rows that they were made for. DuckDB's statistics of those rows would stay in them (a column
 * that had no NULL, say, would be read without looking for one), so plans of the live tables are made without.
 */
const LIVE_SESSION = ["SET disabled_optimizers = 'statistics_propagation,compressed_materialization'"];

class DuckDBEngine implements Engine {
  private readonly older: OlderFiles;

  constructor(
    private readonly database: Database,
    private readonly live: Database,
    private readonly planner: Planner,
    private readonly spool: Spool,
    private readonly spill: OwnDirectory,
    private readonly mostRows: number,
  ) {
    this.older = new OlderFiles(database, spool, spill.path);
  }

  plan(source: SourceDefinition, product: ProductDefinition, beside?: Beside): Promise<Plan> {
    return this.planner.plan(source, product, beside);
  }

  async open(
    source: SourceDefinition,
    plans: readonly Plan[],
    events: readonly EngineEvent[],
  ): Promise<MicroBatch> {
    return openMicroBatch(this.live, this.spool, neededBy(source, plans), events, this.mostRows);
  }

  archiveColumns(source: SourceDefinition): { name: string; type: string }[] {
    return columnsOf(source).map(({ name, type }) => ({ name, type }));
  }

  joinArchive(paths: readonly string[], to: string, mark: string): Promise<boolean> {
    return joinFiles(this.database, paths, to, mark);
  }

  archiveAge(path: string): Promise<ArchiveAge> {
    return ageOf(this.database, path);
  }

  openArchive(source: SourceDefinition): ArchiveWriter {
    return new ArchiveFileWriter(this.database, this.spool, columnsOf(source));
  }

  readArchive(range: ArchiveRange): AsyncIterable<readonly LogRecord[]> {
    return archivedRecords(this.database, range);
  }

  async aggregateArchive(
    source: SourceDefinition,
    plan: Plan,
    ranges: readonly ArchiveRange[],
    budget?: Pick<EngineBudget, 'signal'>,
  ): Promise<RangeResult> {
    const columns = neededBy(source, [plan]);
    return aggregateRange(this.database, this.older, plan, columns, ranges, this.mostRows, budget);
  }

  finalize(plan: Plan, cells: readonly AnswerCell[]): Promise<(AnswerRow | null)[]> {
    return finalizeCells(this.database, this.spool, plan, cells);
  }

  interrupt(): void {
    this.live.interrupt();
    this.database.interrupt();
  }

  async close(): Promise<void> {
    this.planner.close();
    this.live.close();
    this.database.close();
    this.spool.close();
    this.spill.release();
  }
}

/** The source's columns that any of the plans reads. */
function neededBy(source: SourceDefinition, plans: readonly Plan[]): SourceColumn[] {
  const columns = allColumnsOf(source);
  const needed = new Set(['event_time']);
  for (const plan of plans) {
    for (const { name, type } of plan.engine.columns) {
      const column = columns.find((one) => one.name === name);
      if (column?.type !== type) {
        throw new TenonError(
          'plan-outdated',
          `The plan of ${plan.product} reads ${name} as ${type}, which ${source.name} does not have.`,
          {
            hint: 'The schema has changed: plan the product again.',
          },
        );
      }
      needed.add(name);
    }
  }
  return columns.filter(({ name }) => needed.has(name));
}
