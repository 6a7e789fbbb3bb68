/**
 * Functions that make much of little, or work long on it: a series as long as an event's data says, the distance between two long
 * texts. DuckDB's memory limit does not count what functions make within a row, and nothing interrupts them, so it is bounded before:
 * an event that asks for more fails, and is refused as any other that fails is, in both layers alike.
 */
import { type Ast, type AstValue, numberText, parseSql, rewrite, withAlias } from '../sql/ast';
import type { Binder } from './binder';
import {
  argumentsOf,
  capturedBy,
  headOf,
  isBig,
  kindsOf,
  lambdaOf,
  nameOf,
  parametersOf,
  textIn,
} from './calls';
import { FAMILIES, type Guard, REDUCTIONS, guardsOf } from './guards';
import { likeAsRegex, likeFormOf } from './like';
import { ONE } from './nodes';
import { isConstant } from './window';

/** In a lambda, and in a lambda of a lambda: what is done again and again. */
const SHARES = [1, 0.1, 0.01];

const castTo = (id: string, child: Ast, tried: boolean): Ast => ({
  ...{ class: 'CAST', type: 'OPERATOR_CAST', alias: '', child },
  ...{ cast_type: { id, type_info: null }, try_cast: tried },
});

const constantOf = (value: number): Ast => ({
  ...ONE,
  alias: '',
  value: { ...(ONE['value'] as Ast), type: { id: 'BIGINT', type_info: null }, value: numberText(value) },
});

/** The same SQL is the same tree, whoever parsed it. */
const PARSED = new Map<string, Ast>();

async function parsed(binder: Binder, sql: string): Promise<Ast> {
  let tree = PARSED.get(sql);
  if (tree === undefined) {
    const found = await parseSql(binder.connection, `SELECT ${sql}`);
    if (!Array.isArray(found)) throw new Error(`The planner's own SQL cannot be parsed: ${sql}`);
    PARSED.set(sql, (tree = (found[0]!['select_list'] as Ast[])[0] as Ast));
  }
  return tree;
}

/** A guard, and what stands for the argument. */
interface Put {
  readonly guard: Guard;
  readonly put: Ast;
  readonly weight: Ast;
}

const failing = ({ type, what }: Guard, own: string): string => {
  if (type === null) return `list_extract([${own}], CAST('${what}' AS BIGINT))`;
  return type === 'VARCHAR' ? `CAST(CAST('${what}' AS INTEGER) AS VARCHAR)` : `CAST('${what}' AS ${type})`;
};

const ownOf = ({ place }: Guard): string => 'abc'[place] as string;

export class Amplifiers {
  private constructor(
    private readonly shares: readonly ReadonlyMap<string, Put>[],
    private readonly list: Ast,
    private readonly sum: Ast,
    private readonly length: Ast,
    private readonly regexes: ReadonlyMap<string, Ast>,
  ) {}

  /** @param mostRows how many rows FROM may make of an event: a series may have that many items at least */
  static async open(binder: Binder, mostRows: number): Promise<Amplifiers> {
    const shares: Map<string, Put>[] = [];
    for (const share of SHARES) {
      const puts = new Map<string, Put>();
      for (const [kind, guard] of Object.entries(guardsOf(mostRows, share))) {
        const [own, { much, most, only, weight }] = [ownOf(guard), guard];
        const when = `${much} > ${most}${only === undefined ? '' : ` AND ${only}`}`;
        const put = await parsed(binder, `CASE WHEN ${when} THEN ${failing(guard, own)} ELSE ${own} END`);
        const weighs = await parsed(binder, `CAST(least(greatest(${much}, 0), 1e12) * ${weight} AS DOUBLE)`);
        puts.set(kind, { guard, put, weight: weighs });
      }
      shares.push(puts);
    }
    const regexes = new Map<string, Ast>();
    for (const text of ['a', 'lower(a)'])
      for (const not of ['', 'NOT '])
        regexes.set(not + text, await parsed(binder, `${not}regexp_full_match(${text}, 'pattern', 's')`));
    return new Amplifiers(
      shares,
      await parsed(binder, 'list_value(1)'),
      await parsed(binder, 'list_sum(a)'),
      await parsed(binder, 'CAST(strlen(CAST(a AS VARCHAR)) AS DOUBLE)'),
      regexes,
    );
  }

  /** The same query with bounds: only lengths that the data decides have them, constants were looked at before. */
  bound<T extends AstValue>(query: T, depth = 0): T {
    return rewrite(query, (node) => this.bounded(node, depth));
  }

  /** What is made of a row by calls in these, and worked on it, as expressions; of what stands in lambdas it is a part of theirs. */
  weightsOf(expressions: readonly Ast[]): Ast[] {
    const weights: Ast[] = [];
    for (const expression of expressions)
      rewrite(expression, (node) => {
        const kinds = this.neededBy(node);
        for (const kind of kinds) {
          const { guard, weight } = this.putOf(kind, 0);
          if (guard.weight > 0) weights.push(this.filled(weight, node, guard, 0));
        }
        return lambdaOf(node) === undefined ? undefined : node;
      });
    return weights;
  }

  private putOf(kind: string, depth: number): Put {
    return this.shares[Math.min(depth, SHARES.length - 1)]!.get(kind) as Put;
  }

  private bounded(node: Ast, depth: number): Ast | undefined {
    const like = likeOf(node);
    if (like !== undefined) return like === 'fine' ? undefined : this.likeAs(node, like.regex, depth);
    const kinds = this.neededBy(node);
    const lambda = lambdaOf(node);
    if (kinds.length === 0 && lambda === undefined) return undefined;
    const key = isBig(node) ? 'child' : 'children';
    let args = (isBig(node) ? [node['child'] as Ast] : argumentsOf(node)).map((one) =>
      one === lambda ? this.lambda(node, one, depth) : this.bound(one, depth),
    );
    for (const kind of kinds) {
      const { guard, put } = this.putOf(kind, depth);
      const alias = String(args[guard.place]?.['alias'] ?? '');
      const stands = withAlias(this.filled(put, node, guard, depth, args), alias);
      args = args.map((one, index) => (index === guard.place ? stands : one));
    }
    return { ...node, [key]: isBig(node) ? (args[0] as Ast) : args };
  }

  /** The guards that there is something to guard for. */
  private neededBy(node: Ast): readonly string[] {
    const kinds = kindsOf(node).filter((kind) => this.shares[0]!.has(kind));
    if (kinds.length === 0) return kinds;
    if (isBig(node)) return isConstant(node['child'] as Ast) ? [] : kinds;
    const args = argumentsOf(node);
    if (kinds[0] === 'lambda') {
      const lambda = lambdaOf(node) as Ast;
      return capturedBy(lambda).length > 0 || this.within(lambda, 1) > 0 ? kinds : [];
    }
    return args.slice(kinds[0] === 'hop/3' ? 1 : 0).every(isConstant) ? [] : kinds;
  }

  /** What calls within a lambda may make of one item, in bytes. */
  private within(lambda: Ast, depth: number): number {
    let most = 0;
    rewrite(lambda['expr'], (node) => {
      for (const kind of this.neededByCall(node)) {
        const { guard } = this.putOf(kind, depth);
        if (guard.weight >= 0.1) most += guard.most * guard.weight;
      }
      return undefined;
    });
    return Math.min(most, 2e9);
  }

  private neededByCall(node: Ast): readonly string[] {
    return lambdaOf(node) === undefined ? this.neededBy(node) : [];
  }

  private lambda(call: Ast, lambda: Ast, depth: number): Ast {
    const body = this.bound(lambda['expr'] as Ast, depth + 1);
    const [first] = parametersOf(lambda);
    if (!REDUCTIONS.test(nameOf(call)) || first === undefined) return { ...lambda, expr: body };
    const { put } = this.putOf('reduced', depth);
    let isFirst = true;
    const guarded = rewrite(body, (node) => {
      if (!isFirst || node['class'] !== 'COLUMN_REF' || headOf(node) !== first) return undefined;
      if ((node['column_names'] as string[]).length > 1) return undefined;
      isFirst = false;
      const stands = rewrite(put, (one) =>
        one['class'] === 'CONSTANT'
          ? namedIn(one, 'characters', calledIn(call))
          : one['class'] === 'COLUMN_REF'
            ? withAlias(node, '')
            : undefined,
      );
      return withAlias(stands, String(node['alias'] ?? ''));
    });
    return { ...lambda, expr: guarded };
  }

  /** A template with the arguments of a call in it. */
  private filled(template: Ast, call: Ast, guard: Guard, depth: number, given?: readonly Ast[]): Ast {
    const args =
      given ??
      (isBig(call) ? [call['child'] as Ast] : argumentsOf(call)).map((one) => this.bound(one, depth));
    const lambda = lambdaOf(call);
    const isFormat = ['printf', 'format'].includes(nameOf(call));
    const values: Record<string, Ast | undefined> = isFormat
      ? { a: args[0], b: this.numbersOf(args.slice(1)), c: this.lengthsOf(args.slice(1)) }
      : { a: args[0], b: args[1], c: args[2] };
    if (lambda !== undefined)
      values['d'] = this.sumOf([
        ...capturedBy(lambda).map((one) => this.lengthOf(one)),
        constantOf(8 + this.within(lambda, depth + 1)),
      ]);
    return rewrite(template, (one) => {
      if (one['class'] === 'CONSTANT') return namedIn(one, guard.what, calledIn(call));
      if (one['class'] !== 'COLUMN_REF') return undefined;
      const value = values[String((one['column_names'] as string[])[0])];
      return value === undefined ? undefined : withAlias(value, '');
    });
  }

  private likeAs(node: Ast, regex: string, depth: number): Ast {
    const form = likeFormOf(nameOf(node));
    const template = this.regexes.get(
      `${form?.negated === true ? 'NOT ' : ''}${form?.lower === true ? 'lower(a)' : 'a'}`,
    );
    const text = this.bound(argumentsOf(node)[0] as Ast, depth);
    const stands = rewrite(template as Ast, (one) => {
      if (one['class'] === 'COLUMN_REF') return withAlias(text, '');
      const constant = one['class'] === 'CONSTANT' ? (one['value'] as Ast) : undefined;
      return constant?.['value'] === 'pattern' ? { ...one, value: { ...constant, value: regex } } : undefined;
    });
    return withAlias(stands, String(node['alias'] ?? ''));
  }

  /** The arguments that are numbers, as a list of doubles. */
  private numbersOf(args: readonly Ast[]): Ast {
    return this.listOf(
      args.map((one) => castTo('DOUBLE', castTo('VARCHAR', withAlias(one, ''), false), true)),
    );
  }

  private lengthsOf(args: readonly Ast[]): Ast {
    return this.listOf(args.map((one) => this.lengthOf(one)));
  }

  private lengthOf(one: Ast): Ast {
    return rewrite(this.length, (node) => (node['class'] === 'COLUMN_REF' ? withAlias(one, '') : undefined));
  }

  private listOf(children: readonly Ast[]): Ast {
    return { ...this.list, children: children.length === 0 ? argumentsOf(this.list) : [...children] };
  }

  private sumOf(values: readonly Ast[]): Ast {
    return { ...this.sum, children: [this.listOf(values.map((one) => castTo('DOUBLE', one, false)))] };
  }
}

/** LIKE with a pattern that is known. */
function likeOf(node: Ast): { readonly regex: string } | 'fine' | undefined {
  if (node['class'] !== 'FUNCTION' || FAMILIES.get(nameOf(node)) !== 'like') return undefined;
  const [, pattern, escape] = argumentsOf(node);
  const text = textIn(pattern);
  const by = escape === undefined ? '' : textIn(escape);
  if (text === undefined || by === undefined || [...by].length > 1) return undefined;
  return likeAsRegex(nameOf(node), text, by);
}

/** `range(n)`: the function, and the columns that decide how much it makes. */
function calledIn(call: Ast): string {
  const columns = new Set<string>();
  for (const one of isBig(call) ? [call['child'] as Ast] : argumentsOf(call))
    rewrite(one, (part) => {
      if (part['class'] === 'COLUMN_REF') columns.add((part['column_names'] as string[]).join('.'));
      return undefined;
    });
  const name = isBig(call) ? 'BIGNUM' : nameOf(call);
  return `${FAMILIES.get(name) === 'like' ? 'LIKE' : name}(${[...columns].join(', ')})`;
}

/** What is said of too much, with the call that makes it. */
function namedIn(constant: Ast, what: string, call: string): Ast | undefined {
  const value = constant['value'] as Ast;
  const text = value['value'];
  if (typeof text !== 'string' || !text.startsWith('more than ') || !text.endsWith(what)) return undefined;
  return { ...constant, value: { ...value, value: `${call}: ${text}` } };
}

const TOO_MUCH = /Could not convert string '(.+?): (more than \d+ ([a-z]+(?: [a-zA-Z]+)*))' .*/;

/** A refusal for too much in words, with what to do about it. */
export const amplifiedText = (message: string): string =>
  message.replace(TOO_MUCH, (_, call: string, what: string, of: string) => {
    const makes = of === 'items' || of === 'characters';
    const how = makes ? 'by least(x, 1000) or left(x, 1000)' : 'by left(x, 1000)';
    return `${call} ${makes ? 'makes' : 'has'} ${what} of this event. Bound it in the SQL, as ${how}${of === 'items' ? ', or raise TENON_MAX_ROWS_PER_EVENT' : ''}.`;
  });
