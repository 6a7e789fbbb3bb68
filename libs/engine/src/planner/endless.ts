/** Series of constants that would make of each event more than anybody can keep, found before DuckDB computes them. */
import { type Ast, type AstValue, isAst, locationOf, numberOf, rewrite } from '../sql/ast';
import { argumentsOf } from './calls';
import { MOST_CHARACTERS } from './guards';
import type { ProblemList } from './problems';
import { type Evaluate, intervalOf, isNoWidth } from './window';

/** Rows that series in FROM, windows of hop and lists of the event may make of one event, where nothing else is said. */
export const MOST_ROWS = 10_000;
/** Items of a list that is made of constants. */
export const MOST_ITEMS = 100_000;
/** What a series counts for, inside a lambda, whose length only the data says (planner/amplifiers.ts bounds it). */
const UNKNOWN_ITEMS = 100;

const DAY = 86_400e6;

/** Adds a problem for each. Then nothing of the query may be bound: DuckDB computes constants while it binds. */
export async function checkEndless(
  top: Ast,
  problems: ProblemList,
  evaluate: Evaluate,
  mostRows = MOST_ROWS,
): Promise<void> {
  const lists: Ast[] = [];
  const inFrom: Ast[] = [];
  rewrite(top, (node) => {
    if (node['type'] === 'TABLE_FUNCTION' && isAst(node['function'])) inFrom.push(node['function']);
    if (node['class'] === 'FUNCTION') lists.push(node);
    return undefined;
  });
  for (const call of lists) {
    const name = String(call['function_name']).toLowerCase();
    const args = call['children'] as Ast[];
    const widths =
      name === 'time_bucket' ? args.slice(0, 1) : /^hop(_starts)?$/.test(name) ? args.slice(1, 3) : [];
    for (const width of widths) {
      if (!(await isNoWidth(width, evaluate))) continue;
      problems.add(
        'sql-error',
        locationOf(width) ?? locationOf(call),
        'No window can have this width: it is not above zero, or it mixes months with days.',
        "Write e.g. INTERVAL '1 hour' or INTERVAL '1 month'.",
      );
    }
    if (textLength(call) > MOST_CHARACTERS) {
      problems.add(
        'too-many-cells',
        locationOf(call),
        `A text of ${textLength(call)} characters for each event: there may be ${MOST_CHARACTERS}.`,
        'Make it shorter.',
      );
      return;
    }
    const items = seriesLength(call) ?? madeByLambda(call);
    if (items === undefined || items <= MOST_ITEMS) continue;
    problems.add(
      'too-many-cells',
      locationOf(call),
      `A series of ${items} constants for each event: there may be ${MOST_ITEMS}.`,
      'Make it shorter.',
    );
  }
  let rows = 1;
  for (const call of inFrom) {
    const list = (call['children'] as Ast[])[0];
    rows *= seriesLength(call) ?? (list && seriesLength(list)) ?? (await windowsOf(call, evaluate)) ?? 1;
    if (rows <= mostRows) continue;
    problems.add(
      'too-many-cells',
      locationOf(call),
      `FROM makes ${rows} rows of each event: there may be ${mostRows} (TENON_MAX_ROWS_PER_EVENT).`,
      'Make the series shorter, or the slide of hop longer.',
    );
    return;
  }
}

/** How many windows an event falls into. */
async function windowsOf(call: Ast, evaluate: Evaluate): Promise<number | undefined> {
  if (String(call['function_name']).toLowerCase() !== 'hop') return undefined;
  const [, size, slide] = call['children'] as Ast[];
  const [length, step] = [await intervalOf(size, evaluate), await intervalOf(slide, evaluate)];
  if (length === undefined || step === undefined) return undefined;
  const micros = ({ sizeMicros, sizeMonths }: typeof step) => sizeMicros + sizeMonths * 30 * DAY;
  return Math.ceil(micros(length) / micros(step));
}

/** Items that a function makes with a lambda, of lists of constants. */
function madeByLambda(call: Ast): number | undefined {
  const lambda = argumentsOf(call).find((one) => one['class'] === 'LAMBDA');
  if (lambda === undefined) return undefined;
  const lists = argumentsOf(call).filter((one) => one !== lambda);
  return Math.max(1, ...lists.map(itemsIn)) * itemsIn(lambda['expr']);
}

/** The most items that something below makes. */
function itemsIn(value: AstValue | undefined): number {
  if (!isAst(value)) return Array.isArray(value) ? Math.max(1, ...value.map(itemsIn)) : 1;
  const made = seriesLength(value) ?? madeByLambda(value);
  if (made !== undefined) return made;
  const below = Math.max(1, ...Object.values(value).map(itemsIn));
  return isSeries(value) ? Math.max(UNKNOWN_ITEMS, below) : below;
}

/** Of a text that is made of constants; 0 for all else. */
function textLength(node: AstValue | undefined): number {
  if (!isAst(node)) return 0;
  const { value } = (node['class'] === 'CONSTANT' ? node['value'] : {}) as { value?: unknown };
  if (typeof value === 'string') return value.length;
  const name = String(node['function_name'] ?? '').toLowerCase();
  const [text, times] = argumentsOf(node);
  const count = numberIn(times);
  if (count === undefined) return 0;
  if (name === 'repeat') return Math.max(1, textLength(text)) * count;
  return /^(lpad|rpad|list_resize|array_resize)$/.test(name) ? count : 0;
}

const isSeries = (call: Ast): boolean =>
  ['range', 'generate_series'].includes(String(call['function_name'] ?? '').toLowerCase());

function seriesLength(call: Ast): number | undefined {
  if (!isSeries(call)) return undefined;
  const name = String(call['function_name']).toLowerCase();
  const args = (call['children'] as Ast[]).map(numberIn);
  if (args.includes(undefined)) return undefined;
  const [first = 0, second, step = 1] = args as number[];
  const [from, to] = second === undefined ? [0, first] : [first, second];
  return Math.max(0, Math.ceil((to - from) / (step || 1)) + (name === 'range' ? 0 : 1));
}

/** The number that a constant is, also one that is computed of constants. */
function numberIn(node: AstValue | undefined): number | undefined {
  if (!isAst(node)) return undefined;
  if (node['class'] === 'CONSTANT') {
    const { value, type } = node['value'] as Ast;
    const number = numberOf(value);
    const info = isAst(type) ? type['type_info'] : undefined;
    return number === undefined
      ? undefined
      : number / 10 ** (isAst(info) ? (numberOf(info['scale']) ?? 0) : 0);
  }
  if (node['class'] === 'CAST') return numberIn(node['child']);
  if (node['class'] !== 'FUNCTION') return undefined;
  const [a, b] = (node['children'] as Ast[]).map(numberIn);
  if (a === undefined) return undefined;
  switch (String(node['function_name'])) {
    case '-':
      return b === undefined ? -a : a - b;
    case '+':
      return b === undefined ? a : a + b;
    case '*':
      return b === undefined ? undefined : a * b;
    case '**':
    case '^':
    case 'pow':
    case 'power':
      return b === undefined ? undefined : a ** b;
    default:
      return undefined;
  }
}
