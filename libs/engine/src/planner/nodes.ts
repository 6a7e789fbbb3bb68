/** Parts of DuckDB's parse tree, made by hand. */
import { type Ast, numberText } from '../sql/ast';

/** An integer constant, where any will do. */
export const ONE: Ast = {
  class: 'CONSTANT',
  type: 'VALUE_CONSTANT',
  alias: 'one',
  value: { type: { id: 'INTEGER', type_info: null }, is_null: false, value: numberText(1) },
};

export const TRUE: Ast = {
  ...ONE,
  value: { type: { id: 'BOOLEAN', type_info: null }, is_null: false, value: true },
};

export const NO_TABLE: Ast = { type: 'EMPTY', alias: '', sample: null };

export const castToBoolean = (child: Ast): Ast => ({
  class: 'CAST',
  type: 'OPERATOR_CAST',
  alias: '',
  child,
  cast_type: { id: 'BOOLEAN', type_info: null },
  try_cast: false,
});

const structPack = (children: readonly Ast[]): Ast => ({
  class: 'FUNCTION',
  type: 'FUNCTION',
  alias: '',
  function_name: 'struct_pack',
  schema: 'main',
  children: [...children],
  filter: null,
  order_bys: { type: 'ORDER_MODIFIER', orders: [] },
  distinct: false,
  is_operator: false,
  export_state: false,
  catalog: '',
});

/** `{'k0': …, 'k1': …}` */
export const structOf = (values: readonly Ast[]): Ast =>
  structPack(values.map((value, index) => ({ ...value, alias: `k${index}` })));

/** Null if `child` fails on a row, else a struct of its value `v`. */
export const tryNode = (child: Ast): Ast => ({
  class: 'OPERATOR',
  type: 'OPERATOR_TRY',
  alias: '',
  children: [structPack([{ ...child, alias: 'v' }])],
});

export const isNotNull = (child: Ast): Ast => ({
  class: 'OPERATOR',
  type: 'OPERATOR_IS_NOT_NULL',
  alias: '',
  children: [{ ...child, alias: '' }],
});

export const tableNode = (name: string): Ast => ({
  type: 'BASE_TABLE',
  alias: '',
  sample: null,
  schema_name: '',
  table_name: name,
  column_name_alias: [],
  catalog_name: '',
  at_clause: null,
});

/** `relation.*` */
export const starOf = (relation: string): Ast => ({
  class: 'STAR',
  type: 'STAR',
  alias: '',
  relation_name: relation,
  exclude_list: [],
  replace_list: [],
  columns: false,
  expr: null,
  qualified_exclude_list: [],
  rename_list: [],
});

export interface SelectParts {
  readonly select: readonly Ast[];
  readonly from: Ast;
  /** Entries of a WITH list. */
  readonly ctes?: readonly Ast[];
  readonly where?: Ast | null;
}

export const selectNode = ({ select, from, ctes = [], where = null }: SelectParts): Ast => ({
  type: 'SELECT_NODE',
  modifiers: [],
  cte_map: { map: [...ctes] },
  select_list: [...select],
  from_table: from,
  where_clause: where,
  group_expressions: [],
  group_sets: [],
  aggregate_handling: 'STANDARD_HANDLING',
  having: null,
  sample: null,
  qualify: null,
});

/** A SELECT over the product's rows. */
export type SelectRows = (list: readonly Ast[], where?: Ast | null) => Ast;
