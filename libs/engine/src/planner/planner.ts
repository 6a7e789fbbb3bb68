/** From one SELECT to a plan: what a product's SQL means, or everything that is wrong with it. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Plan, ProductDefinition, SourceDefinition } from '@tenon/domain';
import { Refusal } from '@tenon/errors';
import { columnsOf } from '../source-columns';
import { Database } from '../sql/database';
import { Binder } from './binder';
import { MOST_ROWS } from './endless';
import { FunctionCatalog } from './functions';
import { MACROS } from './macros';
import { parseProduct } from './parse';
import { Planning } from './planning';
import { ProblemList } from './problems';

/** Plans products on a database of its own that can reach no files. */
export class Planner {
  private queue: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly database: Database,
    private readonly functions: FunctionCatalog,
    private readonly mostRows: number | undefined,
  ) {}

  /** @param mostRows how many rows a product's FROM may make of an event */
  static async open(mostRows?: number): Promise<Planner> {
    const database = await Database.open({ threads: 1, memoryLimit: '512MB', files: false }, [
      'SET errors_as_json = true',
    ]);
    return database.use(async (connection) => {
      for (const macro of MACROS) await connection.run(macro);
      return new Planner(database, await FunctionCatalog.load(connection), mostRows);
    });
  }

  /**
   * One plan at a time: each has the session's temporary tables to itself.
   *
   * @throws Refusal (`plan-refused`) with every problem found
   */
  plan(source: SourceDefinition, product: ProductDefinition): Promise<Plan> {
    const planned = this.queue.then(() => this.planNow(source, product));
    this.queue = planned.catch(() => undefined);
    return planned;
  }

  close(): void {
    this.database.close();
  }

  private planNow(source: SourceDefinition, product: ProductDefinition): Promise<Plan> {
    const problems = new ProblemList(product.sql);
    return this.database.use((connection) =>
      inTime(connection, async () => {
        const top = await parseProduct(connection, product.sql, problems);
        return Binder.use(connection, source.name, columnsOf(source), (binder) =>
          new Planning(binder, this.functions, problems, source, product, this.mostRows ?? MOST_ROWS).plan(
            top,
          ),
        );
      }),
    );
  }
}

/** DuckDB computes constants while it plans, and they may be as large as it likes: `range(100000000)[5]`. */
const MOST_MS = 10_000;

async function inTime<T>(connection: DuckDBConnection, work: () => Promise<T>): Promise<T> {
  let late = false;
  const begun = Date.now();
  const timer = setInterval(() => {
    if (Date.now() - begun < MOST_MS) return;
    late = true;
    connection.interrupt();
  }, 100);
  try {
    const result = await work().catch((error: unknown) => {
      if (!late) throw error;
    });
    if (!late) return result as T;
  } finally {
    clearInterval(timer);
  }
  throw new Refusal('plan-refused', [
    {
      code: 'plan-too-long',
      message: `Planning took more than ${MOST_MS / 1000} s: something in the SQL is computed from constants alone.`,
      hint: 'Make the constants smaller, e.g. those of range and generate_series.',
      place: { file: '', line: 1, column: 1 },
    },
  ]);
}
