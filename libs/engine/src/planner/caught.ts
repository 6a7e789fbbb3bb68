/** Errors that TRY does not catch, made ones that it does: on the same values, and no others. */
import { type Ast, isAst, parseSql, rewrite, withAlias } from '../sql/ast';
import type { Binder } from './binder';
import { tryNode } from './nodes';
import { isConstant } from './window';

/** Stands in a probe for the names that are no time zones; the runner knows which (runner/sift.ts). */
export const BAD_ZONES = 'tenon:bad-zones';

/** Function → the argument to guard, and what stands for it instead; `x` is the argument. */
const GUARDS: Readonly<Record<string, readonly [argument: number, sql: string]>> = {
  timezone: [
    0,
    `CASE WHEN list_contains(string_split('${BAD_ZONES}', chr(31)), x) THEN CAST(CAST('no time zone' AS INTEGER) AS VARCHAR) ELSE x END`,
  ],
  time_bucket: [
    0,
    `CASE WHEN x <= INTERVAL 0 DAYS OR (date_part('year', x) * 12 + date_part('month', x) <> 0
       AND x - to_months(CAST(date_part('year', x) * 12 + date_part('month', x) AS INTEGER)) <> INTERVAL 0 DAYS)
     THEN CAST('no width' AS INTERVAL) ELSE x END`,
  ],
  list_reduce: [0, `CASE WHEN len(x) = 0 THEN x[1:CAST('nothing' AS INTEGER)] ELSE x END`],
  like_escape: [2, `CASE WHEN length(x) > 1 THEN CAST(CAST('no escape' AS INTEGER) AS VARCHAR) ELSE x END`],
};
const ALIASES: Readonly<Record<string, string>> = {
  reduce: 'list_reduce',
  array_reduce: 'list_reduce',
  not_like_escape: 'like_escape',
  ilike_escape: 'like_escape',
  not_ilike_escape: 'like_escape',
};

export class Catching {
  /** The expressions that name time zones. */
  readonly zones: Ast[] = [];
  /** Conditions that show, without trying, that an expression would fail if it were computed. */
  readonly signs: Ast[] = [];

  private constructor(
    private readonly templates: ReadonlyMap<string, Ast>,
    private readonly cast: Ast | undefined,
  ) {}

  static async open(binder: Binder): Promise<Catching> {
    const templates = new Map<string, Ast>();
    for (const [name, [, sql]] of Object.entries(GUARDS)) {
      const parsed = await parseSql(binder.connection, `SELECT ${sql}`);
      if (Array.isArray(parsed)) templates.set(name, (parsed[0]!['select_list'] as Ast[])[0]!);
    }
    const cast = await parseSql(
      binder.connection,
      "SELECT CASE WHEN x IS NOT NULL AND y IS NULL THEN NULL ELSE {'v': y} END",
    );
    return new Catching(templates, Array.isArray(cast) ? (cast[0]!['select_list'] as Ast[])[0] : undefined);
  }

  /** `{'v': expression}`, or null where it fails. A cast of a column is tried for all rows at once, anything else one by one. */
  tried(expression: Ast): Ast {
    const child = expression['child'];
    const { id } = (expression['cast_type'] ?? {}) as { id?: unknown };
    const isPlainCast =
      expression['class'] === 'CAST' &&
      expression['try_cast'] === false &&
      isAst(child) &&
      child['class'] === 'COLUMN_REF' &&
      !['LIST', 'STRUCT', 'MAP', 'ARRAY', 'UNION', 'VARIANT'].includes(String(id));
    if (!isPlainCast || this.cast === undefined) return tryNode(this.guard(expression));
    const cast = rewrite(this.cast, (one) => {
      if (one['class'] !== 'COLUMN_REF') return undefined;
      const alias = String(one['alias'] ?? '');
      const name = (one['column_names'] as string[])[0];
      return withAlias(name === 'x' ? child : { ...expression, try_cast: true }, alias);
    });
    this.signs.push(...signsOf(cast));
    return cast;
  }

  /** The expression, with arguments that would fail uncaught failing before. */
  guard(expression: Ast): Ast {
    return rewrite(expression, (node) => {
      if (node['class'] !== 'FUNCTION') return undefined;
      const written = String(node['function_name']).toLowerCase();
      const name = ALIASES[written] ?? written;
      const children = node['children'] as Ast[];
      const [place = 0] = GUARDS[name] ?? [];
      const template = this.templates.get(name);
      const argument = children[place];
      if (template === undefined || argument === undefined || isConstant(argument)) return undefined;
      if (name === 'list_reduce' && children.length !== 2) return undefined;
      const inner = children.map((child) => this.guard(child));
      if (name === 'timezone') {
        if (children.length !== 2) return undefined;
        this.zones.push(withAlias(inner[0]!, 'z'));
      }
      const put = rewrite(template, (one) =>
        one['class'] === 'COLUMN_REF' ? withAlias(inner[place]!, '') : undefined,
      );
      this.signs.push(...signsOf(put));
      return {
        ...node,
        children: inner.map((child, index) =>
          index === place ? withAlias(put, String(argument['alias'] ?? '')) : child,
        ),
      };
    });
  }
}

const signsOf = (cases: Ast): Ast[] => (cases['case_checks'] as Ast[]).map((one) => one['when_expr'] as Ast);
