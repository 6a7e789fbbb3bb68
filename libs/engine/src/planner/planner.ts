/** From one SELECT to a plan: what a product's SQL means, or everything that is wrong with it. */
import type { Plan, ProductDefinition, SourceDefinition } from '@tenon/domain';
import { columnsOf } from '../source-columns';
import { Database } from '../sql/database';
import { Binder } from './binder';
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
  ) {}

  static async open(): Promise<Planner> {
    const database = await Database.open({ threads: 1, files: false }, ['SET errors_as_json = true']);
    return database.use(async (connection) => {
      for (const macro of MACROS) await connection.run(macro);
      return new Planner(database, await FunctionCatalog.load(connection));
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
    return this.database.use(async (connection) => {
      const top = await parseProduct(connection, product.sql, problems);
      return Binder.use(connection, source.name, columnsOf(source), (binder) =>
        new Planning(binder, this.functions, problems, source, product).plan(top),
      );
    });
  }
}
