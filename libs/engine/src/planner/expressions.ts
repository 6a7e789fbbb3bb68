/** What an expression of a product may hold. */
import { type Ast, childrenOf, locationOf, rewrite } from '../sql/ast';
import { CLOCK_NAMES, type FunctionCatalog } from './functions';
import { type ProblemList, nearestName } from './problems';
import { type Scope, namesOf, resolve, visibleColumns } from './scope';

export interface ExpressionRules {
  readonly functions: FunctionCatalog;
  readonly problems: ProblemList;
  readonly scope: Scope;
  /** Where the expression stands, for messages: `WHERE`, a subquery … */
  readonly place: string;
  readonly aggregates: boolean;
  /** Names that are no columns, such as a lambda's parameters and aliases. Lower case. */
  readonly known: ReadonlySet<string>;
}

const LAMBDA_FUNCTIONS = /^(list_|array_)?(transform|apply|filter|reduce)$/;

/** Adds a problem for everything in `expression` that a product can't have. @returns true if all is well */
export function checkExpression(expression: Ast, rules: ExpressionRules): boolean {
  const { problems } = rules;
  const at = locationOf(expression);
  switch (expression['class']) {
    case 'COLUMN_REF':
      return checkColumn(expression, rules);
    case 'FUNCTION':
      return checkFunction(expression, rules);
    case 'LAMBDA':
      // An arrow outside of a list function is JSON's: `payload -> '$.a'`.
      break;
    case 'WINDOW':
      problems.add(
        'window-function',
        at,
        'Window functions (OVER) need all rows at once and cannot be merged.',
        'Keep what it is made of (sum(x), count(*)) as columns, and compute shares, ranks and running totals over the rows that a query gives.',
      );
      return false;
    case 'SUBQUERY':
      problems.add(
        'subquery-expression',
        at,
        'A subquery inside of an expression cannot be planned.',
        "Whether any event of a group has x: HAVING count(*) FILTER (x) > 0. Against constants: x IN ('a', 'b'), or FROM source SEMI JOIN (VALUES ('a')) AS t(y) ON x = t.y. Over a list: list_contains, list_filter.",
      );
      return false;
    case 'STAR':
      problems.add('star', at, 'A star or COLUMNS(…) cannot stand here.', 'Name the columns.');
      return false;
    case 'PARAMETER':
      problems.add('parameter', at, 'A product has no parameters.', 'Write the value.');
      return false;
    case 'POSITIONAL_REFERENCE':
    case 'DEFAULT':
      problems.add(
        'not-supported',
        at,
        'A reference by position (#1) or DEFAULT cannot be planned.',
        'Name the column.',
      );
      return false;
  }
  return all(childrenOf(expression), (child) => checkExpression(child, rules));
}

function checkColumn(ref: Ast, rules: ExpressionRules): boolean {
  const names = namesOf(ref);
  const [first] = names;
  if (first !== undefined && rules.known.has(first.toLowerCase())) return true;
  if (resolve(names, rules.scope) !== 'unknown') return true;
  const name = names.join('.');
  if (names.length === 1 && CLOCK_NAMES.has(name.toLowerCase())) return refuseVolatile(name, ref, rules);
  const near = nearestName(names.at(-1) ?? '', visibleColumns(rules.scope));
  rules.problems.add(
    'unknown-column',
    locationOf(ref),
    `There is no column ${name} here.`,
    near === undefined
      ? `The columns are ${visibleColumns(rules.scope).join(', ') || 'none'}.`
      : `Did you mean ${near}?`,
  );
  return false;
}

function checkFunction(call: Ast, rules: ExpressionRules): boolean {
  const name = String(call['function_name']);
  const children = call['children'] as Ast[];
  const at = locationOf(call);
  const { problems } = rules;
  switch (rules.functions.verdict(name, children.length)) {
    case 'volatile':
      return refuseVolatile(name, call, rules);
    case 'aggregate-macro':
      problems.add(
        'aggregate-macro',
        at,
        `${name} is a shorthand that the planner does not open.`,
        'Write it out, e.g. geomean(x) as exp(avg(ln(x))), weighted_avg(x, w) as sum(x * w) / sum(w).',
      );
      return false;
    case 'aggregate':
      if (rules.aggregates) break;
      problems.add(
        'aggregate-below',
        at,
        `The aggregate ${name} cannot stand in ${rules.place}.`,
        'Aggregate in the outermost SELECT only; for lists there are list_sum, list_max, len …',
      );
      return false;
    case 'unknown': {
      if (name === 'unnest' || name === 'grouping' || name === 'grouping_id')
        return checkSpecial(name, call, rules);
      const near = nearestName(name, rules.functions.names());
      problems.add(
        'unknown-function',
        at,
        `There is no function ${name}.`,
        near === undefined ? undefined : `Did you mean ${near}?`,
      );
      return false;
    }
  }
  const schema = String(call['schema'] ?? '');
  if (!['', 'main', 'pg_catalog'].includes(schema.toLowerCase())) {
    problems.add('unknown-function', at, `There is no function ${schema}.${name}.`);
    return false;
  }
  const lambdas = LAMBDA_FUNCTIONS.test(name.toLowerCase());
  return all(childrenOf(call), (child) =>
    lambdas && child['class'] === 'LAMBDA' ? checkLambda(child, rules) : checkExpression(child, rules),
  );
}

function checkSpecial(name: string, call: Ast, rules: ExpressionRules): boolean {
  if (name === 'unnest' && !rules.aggregates && rules.place === 'a subquery')
    return all(childrenOf(call), (child) => checkExpression(child, rules));
  if (name === 'unnest') {
    rules.problems.add(
      'unnest-here',
      locationOf(call),
      'unnest cannot stand beside aggregates.',
      'Put it into FROM: FROM source, unnest(list) AS t(item).',
    );
  } else {
    rules.problems.add(
      'grouping-sets',
      locationOf(call),
      'GROUPING belongs to grouping sets, which cannot be planned.',
      'Declare one product for each grouping.',
    );
  }
  return false;
}

/** `x -> …` and `lambda x, i: …`: the parameters are columns or a row of them. */
function checkLambda(lambda: Ast, rules: ExpressionRules): boolean {
  const parameters: string[] = [];
  rewrite(lambda['lhs'], (node) => {
    if (node['class'] === 'COLUMN_REF') parameters.push(...namesOf(node).map((name) => name.toLowerCase()));
    return undefined;
  });
  return checkExpression(lambda['expr'] as Ast, {
    ...rules,
    known: new Set([...rules.known, ...parameters]),
  });
}

function refuseVolatile(name: string, node: Ast, rules: ExpressionRules): false {
  rules.problems.add(
    'volatile',
    locationOf(node),
    `${name} gives another value each time: the layers would never agree.`,
    'Use event_time, event_id or a field of the event.',
  );
  return false;
}

/** Like `every`, but goes on after a failure, so that all problems are found. */
function all<T>(items: Iterable<T>, check: (item: T) => boolean): boolean {
  let well = true;
  for (const item of items) well = check(item) && well;
  return well;
}
