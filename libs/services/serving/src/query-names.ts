/** Which parameters of a rows request are options, and which are columns: so that columns may be called as options are. */
import type { RowsOption } from '@tenon/contracts';
import { isRowsOption, ROWS_OPTIONS, ROWS_PREFIXES } from '@tenon/contracts';
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
  for (const [name, text] of Object.entries(query)) {
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

// What has a prefix goes first: who writes one for each name is understood by every product.
function meaningOf(plan: Plan, name: string): Meaning {
  const { where, isNull, option } = ROWS_PREFIXES;
  const named = partAfter(plan, where, name);
  if (named !== undefined) return { part: named, isNull: false };
  const absent = partAfter(plan, isNull, name);
  if (absent !== undefined) return { part: absent, isNull: true };
  const known = name.startsWith(option) ? name.slice(option.length) : undefined;
  if (known !== undefined && isRowsOption(known)) return { option: known };
  const part = partAfter(plan, '', name);
  if (part !== undefined) return { part, isNull: false };
  if (isRowsOption(name)) return { option: name };
  throw unknown(plan, name);
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

function partAfter(plan: Plan, prefix: string, name: string): number | undefined {
  if (!name.startsWith(prefix)) return undefined;
  const column = name.slice(prefix.length);
  const part = plan.key.findIndex((key) => key.column === column);
  return part < 0 ? undefined : part;
}

const repeated = (name: string) =>
  new HttpProblem(400, 'repeated-parameter', `${name} is asked for twice.`, { parameter: name });
