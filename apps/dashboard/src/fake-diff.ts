/** What a made-up Tenon says of two sides: some rows of each kind, which follow from their numbers. */
import type { Diff, DiffKind, DiffRow, Generation } from './wire';

export const GENERATIONS: readonly Generation[] = [
  { generation: 3, line: 0, servedAt: '2026-01-03T12:00:00Z' },
  { generation: 2, line: 0, servedAt: '2026-01-02T12:00:00Z' },
  { generation: 1, line: 1, servedAt: '2026-01-01T12:00:00Z' },
];

const ROWS = 150;
const kindOf = (index: number): DiffKind =>
  index % 10 === 0 ? 'onlyA' : index % 10 === 1 ? 'onlyB' : 'changed';

/** Row i is of carrier Ci; its flights differ by i. */
function rowOf(index: number): DiffRow {
  const kind = kindOf(index);
  const key = { carrier: `C${index}` };
  const [a, b] = [
    { ...key, flights: 1000, avg_delay: 5 },
    { ...key, flights: 1000 + index, avg_delay: 5 },
  ];
  return {
    ...{ _cell: `c${index}`, kind, key, columns: kind === 'changed' ? ['flights'] : [] },
    ...{ a: kind === 'onlyB' ? null : a, b: kind === 'onlyA' ? null : b },
  };
}

export function fakeDiff({
  a = '',
  b = '',
  by = 'flights',
  kind,
  limit = '100',
}: Record<string, string>): Diff {
  const all = Array.from({ length: ROWS }, (_, index) => rowOf(ROWS - 1 - index));
  const of = (one: DiffKind) => all.filter((row) => row.kind === one).length;
  const rows = all.filter((row) => row.kind === (kind ?? row.kind));
  const sideOf = (text: string) => {
    const [, version = '', generation = ''] = /^(\d*)(?:@(\d+))?/.exec(text) ?? [];
    return { version: Number(version || 1), generation: Number(generation || 3), events: 500 };
  };
  return {
    ...{ a: sideOf(a), b: sideOf(b), offsets: a.includes('@') ? 'different' : 'equal', by },
    counts: {
      ...{ same: 7, changed: of('changed'), onlyA: of('onlyA'), onlyB: of('onlyB'), different: ROWS },
    },
    columns: [
      { name: 'flights', changed: of('changed'), largest: ROWS - 1 },
      { name: 'avg_delay', changed: 0, largest: null },
    ],
    ...{ columnsOnlyA: [], columnsOnlyB: a.includes('@') ? [] : ['share_delayed'] },
    ...{ rows: rows.slice(0, Number(limit)), more: rows.length > Number(limit) },
  };
}
