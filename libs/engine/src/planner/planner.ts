/** From one SELECT to a plan: what a product's SQL means, or everything that is wrong with it. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Plan, ProductDefinition, SourceDefinition } from '@tenon/domain';
import { Refusal } from '@tenon/errors';
import type { Beside } from '@tenon/ports';
import { allColumnsOf } from '../source-columns';
import { Database, isOutOfMemory } from '../sql/database';
import { Binder } from './binder';
import { MOST_ROWS } from './endless';
import { FunctionCatalog } from './functions';
import { MACROS } from './macros';
import { parseProduct } from './parse';
import { columnsFor } from './plan-hash';
import { Planning } from './planning';
import { ProblemList } from './problems';

/** Plans products on a database of its own that can reach no files. */
export class Planner {
  private queue: Promise<unknown> = Promise.resolve();

  private constructor(
    private session: Session,
    private readonly mostRows: number | undefined,
    private readonly budget: PlanningBudget,
  ) {}

  /** @param mostRows how many rows a product's FROM may make of an event */
  static async open(mostRows?: number, budget = BUDGET): Promise<Planner> {
    return new Planner(await openSession(budget), mostRows, budget);
  }

  /**
   * One plan at a time: each has the session's temporary tables to itself.
   *
   * @throws Refusal (`plan-refused`) with every problem found
   */
  plan(source: SourceDefinition, product: ProductDefinition, beside: Beside = ALONE): Promise<Plan> {
    const planned = this.queue.then(() => this.planNow(source, product, beside));
    this.queue = planned.catch(() => undefined);
    return planned;
  }

  close(): void {
    this.session.database.close();
  }

  private async planNow(source: SourceDefinition, product: ProductDefinition, beside: Beside): Promise<Plan> {
    const problems = new ProblemList(product.sql);
    const fields = allColumnsOf(source).map(({ name }) => name);
    const { database, functions } = this.session;
    const connection = await database.acquire();
    const work = async (): Promise<Plan> => {
      try {
        const top = await parseProduct(connection, product.sql, problems, fields);
        const columns = columnsFor(top, source);
        const mostRows = this.mostRows ?? MOST_ROWS;
        return await Binder.use(connection, source.name, columns, (binder) =>
          new Planning(binder, functions, problems, source, columns, product, mostRows, beside).plan(top),
        );
      } catch (error) {
        throw isOutOfMemory(error) ? tooLarge(this.budget) : error;
      } finally {
        database.release(connection);
      }
    };
    const plan = await inTime(connection, this.budget, work());
    if (plan === STUCK) this.session = await openSession(this.budget);
    if (typeof plan === 'symbol') throw tooLong(this.budget);
    return plan;
  }
}

const ALONE: Beside = { sources: [] };

interface Session {
  readonly database: Database;
  readonly functions: FunctionCatalog;
}

async function openSession({ memoryLimit }: PlanningBudget): Promise<Session> {
  const database = await Database.open({ threads: 1, memoryLimit, files: false }, [
    'SET errors_as_json = true',
  ]);
  const functions = await database.use(async (connection) => {
    for (const macro of MACROS) await connection.run(macro);
    return FunctionCatalog.load(connection);
  });
  return { database, functions };
}

/** DuckDB computes constants while it plans, and they may be as large as it likes: `range(100000000)[5]`. */
export interface PlanningBudget {
  /** So long, and so much CPU time of the process: on a machine that does other things planning takes longer, and computes no more. */
  readonly mostMs: number;
  /** Of DuckDB, e.g. `512MiB`. */
  readonly memoryLimit: string;
  /** It heeds an interrupt between statements and chunks, and no function does: then nobody waits for it any longer. */
  readonly heedMs?: number;
}

const BUDGET: PlanningBudget = { mostMs: 10_000, memoryLimit: '512MiB' };

const LATE: unique symbol = Symbol('it was told to end');
/** So many times its `mostMs` by the clock is too long in any case. */
const PATIENCE = 10;
/** The session is in use for good, and so is a thread of it until the process ends. */
const STUCK: unique symbol = Symbol('it does not end');

async function inTime<T>(
  connection: DuckDBConnection,
  { mostMs, heedMs = 2_000 }: PlanningBudget,
  work: Promise<T>,
): Promise<T | typeof LATE | typeof STUCK> {
  let lateAt: number | null = null;
  const begun = performance.now();
  const cpuBefore = process.cpuUsage();
  const isLate = (passed: number) => {
    const { user, system } = process.cpuUsage(cpuBefore);
    return passed >= mostMs && ((user + system) / 1000 >= mostMs || passed >= PATIENCE * mostMs);
  };
  let timer: NodeJS.Timeout | undefined;
  const stuck = new Promise<typeof STUCK>((resolve) => {
    timer = setInterval(() => {
      const now = performance.now();
      if (lateAt === null && !isLate(now - begun)) return;
      lateAt ??= now;
      connection.interrupt();
      if (now - lateAt >= heedMs) resolve(STUCK);
    }, 100);
  });
  const done = work.then<T | typeof LATE, typeof LATE>(
    (result) => (lateAt !== null ? LATE : result),
    (error: unknown) => {
      if (lateAt === null) throw error;
      return LATE;
    },
  );
  try {
    return await Promise.race<T | typeof LATE | typeof STUCK>([done, stuck]);
  } finally {
    clearInterval(timer);
  }
}

const PLACE = { file: '', line: 1, column: 1 };

const tooLong = ({ mostMs }: PlanningBudget): Refusal =>
  new Refusal('plan-refused', [
    {
      code: 'plan-too-long',
      message: `Planning took more than ${mostMs / 1000} s (TENON_MAX_PLANNING): something in the SQL is computed from constants alone.`,
      hint: 'Make the constants smaller, e.g. those of range and generate_series.',
      place: PLACE,
    },
  ]);

const tooLarge = ({ memoryLimit }: PlanningBudget): Refusal =>
  new Refusal('plan-refused', [
    {
      code: 'plan-too-large',
      message: `Planning took more memory than ${memoryLimit} (TENON_MAX_PLANNING_MEMORY).`,
      hint: 'Make the SQL shorter, e.g. its lists of constants.',
      place: PLACE,
    },
  ]);
