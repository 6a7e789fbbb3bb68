/** Names of Tenon's own in a plan's SQL. Products may not use `{{` or `__tenon`, so none of them can be meant. */
import type { Ast } from '../sql/ast';

/** The relation that a plan's SQL reads; the runner puts a table or files in its place. */
export const INPUT = '{{input}}';
/** The finalized cells that a plan's expressions read. */
export const CELLS = '{{cells}}';
/**
 * Columns of the input that no product sees: the partition, a number for each of its events, and the event's id (null where no
 * state of the product asks for it).
 */
export const HIDDEN = ['__tenon_partition', '__tenon_row', '__tenon_event'] as const;

export const RESERVED = /\u0000|\{\{|__tenon/i;

/** A cell's part: its key's values are `__tenon_k0` …, its measures `__tenon_m0` … */
export const cellName = (kind: 'k' | 'm', index: number) => `__tenon_${kind}${index}`;

export interface CellReference {
  readonly kind: 'k' | 'm';
  readonly index: number;
}

/** What a reference to a cell's part means; undefined for every other expression. */
export function referenceOf(node: Ast): CellReference | undefined {
  const names = node['class'] === 'COLUMN_REF' ? (node['column_names'] as string[]) : [];
  const match = /^__tenon_([km])(\d+)$/.exec(names[0] ?? '');
  return match === null ? undefined : { kind: match[1] as 'k' | 'm', index: Number(match[2]) };
}
