/** What DuckDB's catalog says of its functions, and which of them a product may call. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Ast } from '../sql/ast';

export type FunctionVerdict = 'row' | 'aggregate' | 'volatile' | 'aggregate-macro' | 'unknown';

/**
 * Functions that the catalog calls consistent, but that look at the clock, the session or how values are stored: they
 * are no functions of an event. Names, or `name/arity`.
 */
const NOT_OF_THE_EVENT = new Set(
  `current_localtime current_localtimestamp ago age/1 current_setting getvariable getenv version vector_type
   create_sort_key parse_duckdb_log_message json_serialize_plan get_block_size`.split(/\s+/),
);
const CATALOG_FUNCTIONS =
  /^(pg_|has_\w+_privilege$|inet_|obj_description$|shobj_description$|col_description$|__internal_)|^(user|\w+_user|\w+_role|current_\w+)$/;

/** SQL's functions without parentheses, which the parser takes for columns. */
export const CLOCK_NAMES = new Set([
  'current_date',
  'current_time',
  'current_timestamp',
  'localtime',
  'localtimestamp',
  'current_user',
  'session_user',
  'user',
  'current_role',
  'current_catalog',
  'current_schema',
]);

/** Functions in FROM that make rows of their arguments alone. */
export const ROW_FUNCTIONS = new Set(['unnest', 'generate_series', 'range', 'hop']);

export class FunctionCatalog {
  private constructor(
    private readonly verdicts: ReadonlyMap<string, FunctionVerdict>,
    private readonly volatileArities: ReadonlySet<string>,
  ) {}

  static async load(connection: DuckDBConnection): Promise<FunctionCatalog> {
    const reader = await connection.runAndReadAll(
      `SELECT function_name, function_type, coalesce(stability, ''), len(parameters), coalesce(macro_definition, '')
       FROM duckdb_functions() WHERE function_type IN ('scalar', 'aggregate', 'macro')`,
    );
    const rows = reader.getRows() as unknown as [string, string, string, bigint, string][];
    const aggregates = new Set(rows.filter(([, type]) => type === 'aggregate').map(([name]) => name));
    const verdicts = new Map<string, FunctionVerdict>();
    const volatileArities = new Set<string>();
    for (const [name, type, stability, arity, definition] of rows) {
      if (type === 'aggregate') verdicts.set(name, 'aggregate');
      else if (stability !== '' && stability !== 'CONSISTENT') volatileArities.add(`${name}/${arity}`);
      else if (type === 'macro' && callsAny(definition, aggregates)) verdicts.set(name, 'aggregate-macro');
      else if (!verdicts.has(name)) verdicts.set(name, 'row');
    }
    return new FunctionCatalog(verdicts, volatileArities);
  }

  /** @param name in any case */
  verdict(name: string, arity: number): FunctionVerdict {
    const lower = name.toLowerCase();
    if (
      NOT_OF_THE_EVENT.has(lower) ||
      NOT_OF_THE_EVENT.has(`${lower}/${arity}`) ||
      CATALOG_FUNCTIONS.test(lower)
    )
      return 'volatile';
    if (this.volatileArities.has(`${lower}/${arity}`)) return 'volatile';
    return this.verdicts.get(lower) ?? 'unknown';
  }

  /** Of a call in a parse tree. */
  verdictOf(call: Ast): FunctionVerdict {
    return this.verdict(String(call['function_name']), (call['children'] as Ast[]).length);
  }

  names(): Iterable<string> {
    return this.verdicts.keys();
  }
}

function callsAny(definition: string, names: ReadonlySet<string>): boolean {
  return [...definition.matchAll(/([a-z_0-9]+)"?\(/g)].some(([, name]) => names.has(name!));
}
