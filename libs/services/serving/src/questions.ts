/** Questions as they were written before: who asks the same again is understood at once. */
import type { Plan } from '@tenon/domain';
import type { HttpRequest } from '@tenon/ports';
import type { RowsQuery } from './query';
import { parseRowsQuery } from './query';

/** Questions of a product that are remembered: as many in each of two halves. */
const REMEMBERED = 1_000;
/** Longer ones are taken apart each time. */
const LONGEST = 1_000;

export class Questions {
  private young = new Map<string, RowsQuery>();
  private old = new Map<string, RowsQuery>();

  constructor(private readonly plan: Plan) {}

  /** The same object for a question that is known. @throws HttpProblem 400 naming the parameter that is wrong */
  of({ search, query }: Pick<HttpRequest, 'search' | 'query'>): RowsQuery {
    if (search === undefined || search.length > LONGEST) return parseRowsQuery(this.plan, query);
    let known = this.young.get(search);
    if (known !== undefined) return known;
    known = this.old.get(search) ?? parseRowsQuery(this.plan, query);
    // Each receipt is asked for once.
    if (known.after === null) this.keep(search, known);
    return known;
  }

  private keep(search: string, query: RowsQuery): void {
    if (this.young.size >= REMEMBERED) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(search, query);
  }
}
