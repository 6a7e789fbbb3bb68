/**
 * Functions that make much of little: a series, a list or a text as long as an event's data says. DuckDB's memory limit does not count
 * what functions make within a row, and nothing interrupts them, so the length is bounded before: an event that asks for more fails,
 * and is refused as any other that fails is.
 */
import { type Ast, isAst, parseSql, rewrite, withAlias } from '../sql/ast';
import type { Binder } from './binder';
import { isConstant } from './window';

/** Characters of a text, however it was asked for. */
export const MOST_CHARACTERS = 100_000;
/** Items of a series or a list, where rows are not allowed to be more. DuckDB makes them for 2,048 events at once. */
const LEAST_ITEMS = 20_000;

interface Guard {
  /** The argument that is replaced. */
  readonly place: number;
  /** What makes it too much, over the arguments a, b, c. */
  readonly when: string;
  /** What the argument's type is a supertype of. */
  readonly type: 'INTEGER' | 'INTERVAL' | 'VARCHAR';
  readonly what: string;
}

const items = (limit: number) => `more than ${limit} items`;
const CHARACTERS = `more than ${MOST_CHARACTERS} characters`;

/** By function and number of arguments; series of times are told by their step. */
function guardsOf(limit: number): Readonly<Record<string, Guard>> {
  const number = { type: 'INTEGER', what: items(limit) } as const;
  const interval = { type: 'INTERVAL', what: items(limit) } as const;
  const text = { type: 'INTEGER', what: CHARACTERS, place: 1 } as const;
  const padded: Guard = { ...text, when: `b > ${MOST_CHARACTERS} AND b > length(a)` };
  const formatted = { type: 'VARCHAR', what: CHARACTERS, place: 0 } as const;
  const resized: Guard = { ...number, place: 1, when: `b > ${limit}` };
  return {
    'series/1': { ...number, place: 0, when: `a > ${limit}` },
    'series/2': { ...number, place: 1, when: `CAST(b AS DOUBLE) - a > ${limit}` },
    'series/3': { ...number, place: 2, when: `(CAST(b AS DOUBLE) - a) / c > ${limit}` },
    'times/3': { ...interval, place: 2, when: `(epoch(b) - epoch(a)) / epoch(c) > ${limit}` },
    'hop/3': { ...interval, place: 2, when: `epoch(b) / epoch(c) > ${limit}` },
    'repeat/2': {
      ...text,
      when: `b > 1 AND CAST(b AS DOUBLE) * strlen(CAST(a AS VARCHAR)) > ${MOST_CHARACTERS}`,
    },
    'bits/2': { ...text, when: `b > ${MOST_CHARACTERS}` },
    printf: { ...formatted, when: paddedBy('%[-+ #0]*([0-9]*\\.)?', '[0-9]{6,}', '\\*') },
    format: { ...formatted, when: paddedBy('\\{[^{}]*:[^{}]*', '[0-9]{6,}', '\\{') },
    'pad/3': padded,
    'resize/2': resized,
    'resize/3': resized,
  };
}

/** A format with such a width, or with one that is another argument; b is what is a number of these. */
const paddedBy = (before: string, width: string, argument: string): string =>
  `regexp_matches(a, '${before}${width}') OR regexp_matches(a, '${before}${argument}') AND list_max(b) > ${MOST_CHARACTERS}`;

const castTo = (id: string, child: Ast, tried: boolean): Ast => ({
  ...{ class: 'CAST', type: 'OPERATOR_CAST', alias: '', child },
  ...{ cast_type: { id, type_info: null }, try_cast: tried },
});

/** The arguments that are numbers, as a list of doubles. */
const numbersOf = (args: readonly Ast[], template: Ast): Ast => ({
  ...template,
  children: args.map((one) => castTo('DOUBLE', castTo('VARCHAR', withAlias(one, ''), false), true)),
});

const FAMILIES: Readonly<Record<string, string>> = {
  range: 'series',
  generate_series: 'series',
  hop: 'hop',
  hop_starts: 'hop',
  repeat: 'repeat',
  lpad: 'pad',
  rpad: 'pad',
  printf: 'printf',
  format: 'format',
  bitstring: 'bits',
  list_resize: 'resize',
  array_resize: 'resize',
};

export const argumentsOf = (call: Ast): Ast[] => (call['children'] as Ast[] | undefined) ?? [];

const familyOf = (call: Ast): string | undefined =>
  call['class'] === 'FUNCTION' ? FAMILIES[String(call['function_name']).toLowerCase()] : undefined;

function kindOf(call: Ast): string | undefined {
  const family = familyOf(call);
  const args = argumentsOf(call);
  if (family === undefined) return undefined;
  const ofTimes = family === 'series' && args.length === 3 && isInterval(args[2] as Ast);
  if (family === 'printf' || family === 'format') return family;
  return `${ofTimes ? 'times' : family}/${args.length}`;
}

function isInterval(step: Ast): boolean {
  const { id } = (step['cast_type'] ?? {}) as { id?: unknown };
  return id === 'INTERVAL' || String(step['function_name'] ?? '').startsWith('to_');
}

export class Amplifiers {
  private constructor(
    private readonly guards: Readonly<Record<string, Guard>>,
    /** Kind → what stands for the argument. */
    private readonly templates: ReadonlyMap<string, Ast>,
    private readonly list: Ast,
  ) {}

  /** @param mostRows how many rows FROM may make of an event: a series may have that many items at least */
  static async open(binder: Binder, mostRows: number): Promise<Amplifiers> {
    const guards = guardsOf(Math.max(2 * mostRows, LEAST_ITEMS));
    const templates = new Map<string, Ast>();
    for (const [kind, { place, when, type, what }] of Object.entries(guards)) {
      const own = 'abc'[place] as string;
      const failing =
        type === 'VARCHAR' ? `CAST(CAST('${what}' AS INTEGER) AS VARCHAR)` : `CAST('${what}' AS ${type})`;
      const sql = `SELECT CASE WHEN ${when} THEN ${failing} ELSE ${own} END`;
      const parsed = await parseSql(binder.connection, sql);
      if (Array.isArray(parsed)) templates.set(kind, (parsed[0]!['select_list'] as Ast[])[0]!);
    }
    const list = await parseSql(binder.connection, 'SELECT list_value(1)');
    if (!Array.isArray(list)) throw new Error('A list cannot be parsed.');
    return new Amplifiers(guards, templates, (list[0]!['select_list'] as Ast[])[0]!);
  }

  /** The same query with bounds: only lengths that the data decides have them, constants were looked at before. */
  bound(query: Ast): Ast {
    return rewrite(query, (node) => {
      const kind = kindOf(node);
      const guard = kind === undefined ? undefined : this.guards[kind];
      const template = kind === undefined ? undefined : this.templates.get(kind);
      if (guard === undefined || template === undefined) return undefined;
      const args = argumentsOf(node);
      if (args.slice(kind === 'hop/3' ? 1 : 0).every(isConstant)) return undefined;
      const inner = args.map((one) => this.bound(one));
      const isFormat = kind === 'printf' || kind === 'format';
      const values = isFormat ? [inner[0] as Ast, numbersOf(inner.slice(1), this.list)] : inner;
      const put = rewrite(template, (one) => {
        if (one['class'] === 'CONSTANT') return namedIn(one, guard.what, calledIn(node));
        if (one['class'] !== 'COLUMN_REF') return undefined;
        return withAlias(values['abc'.indexOf(String((one['column_names'] as string[])[0]))] as Ast, '');
      });
      const alias = String(args[guard.place]?.['alias'] ?? '');
      return {
        ...node,
        children: inner.map((one, index) => (index === guard.place ? withAlias(put, alias) : one)),
      };
    });
  }
}

/** `range(n)`: the function, and the columns that decide how much it makes. */
function calledIn(call: Ast): string {
  const columns = new Set<string>();
  for (const one of argumentsOf(call))
    rewrite(one, (part) => {
      if (part['class'] === 'COLUMN_REF') columns.add((part['column_names'] as string[]).join('.'));
      return undefined;
    });
  return `${String(call['function_name'])}(${[...columns].join(', ')})`;
}

/** What is said of too much, with the call that makes it. */
function namedIn(constant: Ast, what: string, call: string): Ast | undefined {
  const value = constant['value'] as Ast;
  if (value['value'] !== what) return undefined;
  return { ...constant, value: { ...value, value: `${call}: ${what}` } };
}

const TOO_MUCH = /Could not convert string '(.+): (more than \d+ (items|characters))'.*/;

/** A refusal for too much in words, with what to do about it. */
export const amplifiedText = (message: string): string =>
  message.replace(
    TOO_MUCH,
    (_, call: string, what: string, of: string) =>
      `${call} makes ${what} of this event. Bound it in the SQL, as by least(x, 1000)${of === 'items' ? ', or raise TENON_MAX_ROWS_PER_EVENT' : ''}.`,
  );

/** Whether a query has such functions at all. */
export function amplifies(query: Ast): boolean {
  let found = false;
  rewrite(query, (node) => {
    found ||= isAst(node) && familyOf(node) !== undefined;
    return undefined;
  });
  return found;
}
