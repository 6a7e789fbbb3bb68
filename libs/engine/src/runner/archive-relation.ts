/** Parquet files of the archive as a relation that a plan's SQL can read. */
import type { Plan } from '@tenon/domain';
import type { ArchiveRange } from '@tenon/ports';
import { quoteName, quoteText } from '../sql/text';
import type { AlikeFiles } from './file-columns';
import type { ArchiveFiles } from './files';
import { readParquet } from './files';

const FILE = '__file';

/** The files as one relation with the names that a plan's SQL knows, cut to the ranges. All of them have the plan's columns. */
export function archiveRelation(
  plan: Plan,
  ranges: readonly ArchiveRange[],
  groups: readonly AlikeFiles[],
  { whole, cut }: ArchiveFiles,
): string {
  const select = [
    ...plan.engine.columns.map(({ name }) => quoteName(name)),
    '__mark',
    '__offset',
    '__unreadable',
    '__partition AS __tenon_partition',
    '__offset AS __tenon_row',
    'epoch_ms(__timestamp) AS __tenon_append',
  ].join(', ');
  // Ranges of one partition may lie in files that overlap (two writers cut the log differently): each takes its own.
  const spans = ranges.map(
    ({ partition, from, to, paths }) =>
      `(__partition = ${partition} AND __offset >= ${from} AND __offset < ${to} AND ${FILE} IN (${paths.map(quoteText).join(', ')}))`,
  );
  const parts = groups.flatMap(({ paths }) => {
    const [all, some] = [whole, cut].map((files) => paths.filter((path) => files.includes(path)));
    return [
      ...(all!.length === 0 ? [] : [`SELECT ${select} FROM ${readParquet(all!)}`]),
      ...(some!.length === 0
        ? []
        : [`SELECT ${select} FROM ${readParquet(some!, FILE)} WHERE ${spans.join(' OR ')}`]),
    ];
  });
  return `(${parts.join(' UNION ALL ')})`;
}
