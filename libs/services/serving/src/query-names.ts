/** Which parameters of a rows request are options, and which are columns: so that columns may be called as options are. */
import type { RowsOption } from '@tenon/contracts';
import { ROWS_OPTIONS, ROWS_PREFIXES } from '@tenon/contracts';
import type { Plan } from '@tenon/domain';
import { HttpProblem } from '@tenon/errors';

export interface QueryNames {
  readonly options: Readonly<Partial<Record<RowsOption, string>>>;
  /** Part of the key → what its value must be; null: NULL. */
  readonly columns: ReadonlyMap<number, string | null>;
}

/** @throws HttpProblem 400 `unknown-parameter`, `repeated-parameter`, `bad-parameter` */
export function queryNames(plan: Plan, query: Readonly<Record<string, string>>): QueryNames {
  const options: Partial<Record<RowsOption, string>> = {};
  const columns = new Map<number, string | null>();
  for (const name in query) {
    const text = query[name] as string;
    const meant = meaningOf(plan, name);
    if ('option' in meant) {
      if (options[meant.option] !== undefined) throw repeated(name);
      options[meant.option] = text;
      continue;
    }
    if (columns.has(meant.part)) throw repeated(name);
    if (meant.isNull && text !== 'true')
      throw new HttpProblem(400, 'bad-parameter', `${name} is only ever true.`, { parameter: name });
    columns.set(meant.part, meant.isNull ? null : text);
  }
  return { options, columns };
}

/** The option that a parameter of a sound query is; undefined: it is a column. */
export function optionNamed(plan: Plan, name: string): RowsOption | undefined {
  const meant = meaningOf(plan, name);
  return 'option' in meant ? meant.option : undefined;
}

type Meaning = { readonly option: RowsOption } | { readonly part: number; readonly isNull: boolean };

const meanings = new WeakMap<Plan, ReadonlyMap<string, Meaning>>();

function meaningOf(plan: Plan, name: string): Meaning {
  let known = meanings.get(plan);
  if (known === undefined) meanings.set(plan, (known = allMeanings(plan)));
  const meaning = known.get(name);
  if (meaning === undefined) throw unknown(plan, name);
  return meaning;
}

/** What has a prefix is meant first: who writes one for each name is understood by every product. */
function allMeanings({ key }: Plan): ReadonlyMap<string, Meaning> {
  const { where, isNull, option } = ROWS_PREFIXES;
  const all = new Map<string, Meaning>();
  // Of two that mean the same name the later one is set last.
  const columns = key.flatMap(({ column }, part) => (column === null ? [] : [{ column, part }])).reverse();
  for (const name of ROWS_OPTIONS) all.set(name, { option: name });
  for (const { column, part } of columns) all.set(column, { part, isNull: false });
  for (const name of ROWS_OPTIONS) all.set(option + name, { option: name });
  for (const { column, part } of columns) all.set(isNull + column, { part, isNull: true });
  for (const { column, part } of columns) all.set(where + column, { part, isNull: false });
  return all;
}

function unknown(plan: Plan, name: string): HttpProblem {
  const columns = plan.key.flatMap((key) => key.column ?? []);
  return new HttpProblem(
    400,
    'unknown-parameter',
    `${name} is no dimension of ${plan.product} and no option. Dimensions: ${columns.join(', ') || 'none'}; options: ${ROWS_OPTIONS.join(', ')}.`,
    { parameter: name },
  );
}

const repeated = (name: string) =>
  new HttpProblem(400, 'repeated-parameter', `${name} is asked for twice.`, { parameter: name });
