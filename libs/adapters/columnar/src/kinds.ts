/** From SQL's types to Arrow's: those with parts, of their parts. */
import type { SqlType, Value, WrittenType } from '@tenon/domain';
import { writtenType } from '@tenon/domain';
import { Field, List, Map_, Struct, makeData } from 'apache-arrow';
import type { ColumnKind } from './column';
import { Unfit, validityOf } from './column';
import { scalarKind } from './scalar-kinds';

export function kindOf(sql: SqlType): ColumnKind {
  const written = writtenType(sql);
  switch (written.kind) {
    // Arrays of fixed length are shown as DuckDB's text.
    case 'list':
      return written.length === undefined
        ? listOf(sql, kindOf(written.item))
        : scalarKind(sql, 'VARCHAR', []);
    case 'struct':
      return structOf(sql, written.fields);
    case 'map':
      return mapOf(sql, written);
    case 'plain':
      return scalarKind(sql, written.name, written.arguments);
  }
}

function listOf(sql: SqlType, item: ColumnKind): ColumnKind {
  const type = new List(new Field('item', item.type, true));
  return {
    type,
    data(values) {
      const { items, valueOffsets } = flat(values, (value) => {
        if (!Array.isArray(value)) throw new Unfit(value, sql);
        return value as readonly Value[];
      });
      return makeData({ type, ...validityOf(values), valueOffsets, child: item.data(items) });
    },
  };
}

function structOf(sql: SqlType, fields: readonly (readonly [name: string, type: SqlType])[]): ColumnKind {
  const kinds = fields.map(([name, field]) => ({ name, kind: kindOf(field) }));
  const type = new Struct(kinds.map(({ name, kind }) => new Field(name, kind.type, true)));
  return {
    type,
    data(values) {
      for (const value of values)
        if (typeof value !== 'object' || Array.isArray(value)) throw new Unfit(value, sql);
      const objects = values as readonly (Readonly<Record<string, Value>> | null)[];
      const children = kinds.map(({ name, kind }) => kind.data(objects.map((one) => one?.[name] ?? null)));
      return makeData({ type, ...validityOf(values), children });
    },
  };
}

/** Answers show those whose keys are texts as objects, others as pairs. */
function mapOf(sql: SqlType, { key, value }: Extract<WrittenType, { kind: 'map' }>): ColumnKind {
  const [keys, items] = [kindOf(key), kindOf(value)];
  const entry = new Struct([new Field('key', keys.type, false), new Field('value', items.type, true)]);
  const type = new Map_(new Field('entries', entry, false));
  return {
    type,
    data(values) {
      const { items: pairs, valueOffsets } = flat(values, (one) => {
        if (typeof one !== 'object') throw new Unfit(one, sql);
        return Array.isArray(one) ? (one as readonly Value[]) : (Object.entries(one as object) as Value[]);
      });
      const part = (index: 0 | 1) => pairs.map((pair) => (pair as readonly Value[])[index] ?? null);
      const children = [keys.data(part(0)), items.data(part(1))];
      const child = makeData({ type: entry, length: pairs.length, nullCount: 0, children });
      return makeData({ type, ...validityOf(values), valueOffsets, child });
    },
  };
}

/** All parts of all values, and where those of each end. */
function flat(
  values: readonly Value[],
  partsOf: (value: Value) => readonly Value[],
): { readonly items: Value[]; readonly valueOffsets: Int32Array } {
  const items: Value[] = [];
  const valueOffsets = new Int32Array(values.length + 1);
  values.forEach((value, at) => {
    if (value !== null) for (const item of partsOf(value)) items.push(item);
    valueOffsets[at + 1] = items.length;
  });
  return { items, valueOffsets };
}
