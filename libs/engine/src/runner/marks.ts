/** What the records of a range are, counted, and what therefore must hold for one to be aggregated. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Plan } from '@tenon/domain';
import type { ArchiveMark } from '@tenon/ports';
import { sqlOf } from '../engine-sql';
import { quoteText } from '../sql/text';
import type { ArchiveFiles } from './files';
import { freshness, numbers } from './partial';

/** The records of a range by what they are. */
export interface Marks {
  readonly events: number;
  readonly duplicates: number;
  readonly conflicts: number;
  readonly controls: number;
  readonly lost: number;
  /** Of the events: those that are none, those with a bad column, and those that are too old. */
  readonly poison: number;
  readonly unreadable: number;
  readonly expired: number;
}

/** @param files the relation of the range's records */
export async function countMarks(
  connection: DuckDBConnection,
  plan: Plan,
  found: ArchiveFiles,
  files: string,
): Promise<Marks> {
  return (await quickCount(connection, plan, found, files)) ?? count(connection, plan, files);
}

/** What must hold for a record to be aggregated, as far as it is not known to hold for all. */
export function conditionsOf(plan: Plan, { poison, unreadable }: Marks): string[] {
  return [
    "__mark = 'event'",
    ...(poison > 0 ? ['event_time IS NOT NULL'] : []),
    ...(unreadable > 0 ? [readable(plan)] : []),
    ...freshness(plan),
  ];
}

/** That the columns which the plan reads have values of their types. */
export function readable(plan: Plan): string {
  const names = sqlOf(plan)
    .columns.map(({ name }) => quoteText(name))
    .join(', ');
  return `(__unreadable IS NULL OR NOT list_has_any(from_json(__unreadable, '["VARCHAR"]'), [${names}]))`;
}

/** Counts by mark alone, where the files' statistics answer the rest. */
async function quickCount(
  connection: DuckDBConnection,
  plan: Plan,
  found: ArchiveFiles,
  files: string,
): Promise<Marks | undefined> {
  if (found.cut.length > 0 || !found.readable || plan.retentionMicros !== null) return undefined;
  const reader = await connection.runAndReadAll(`SELECT __mark, count(*) FROM ${files} GROUP BY __mark`);
  const counts = new Map(reader.getRows().map(([mark, count]) => [String(mark), Number(count)]));
  const of = (mark: ArchiveMark) => counts.get(mark) ?? 0;
  // Control records have no event time, and what is lost has none; if no other record is without, no event is poison.
  if (found.withoutTime !== of('control') + of('lost')) return undefined;
  const marks = {
    events: of('event'),
    duplicates: of('duplicate'),
    conflicts: of('conflict'),
    controls: of('control'),
    lost: of('lost'),
  };
  return { ...marks, poison: 0, unreadable: 0, expired: 0 };
}

async function count(connection: DuckDBConnection, plan: Plan, files: string): Promise<Marks> {
  const event = "__mark = 'event'";
  const timed = `${event} AND event_time IS NOT NULL`;
  const stale = freshness(plan).map((fresh) => `NOT (${fresh})`)[0] ?? 'false';
  const counts = [
    event,
    "__mark = 'duplicate'",
    "__mark = 'conflict'",
    "__mark = 'control'",
    "__mark = 'lost'",
    `${event} AND event_time IS NULL`,
    `${timed} AND NOT ${readable(plan)}`,
    `${timed} AND ${readable(plan)} AND ${stale}`,
  ];
  const sql = `SELECT ${counts.map((one) => `count(*) FILTER (${one})`).join(', ')} FROM ${files}`;
  const [row] = (await numbers(connection, sql)) as [number[]];
  const [events, duplicates, conflicts, controls, lost, poison, unreadable, expired] = row as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return { events, duplicates, conflicts, controls, lost, poison, unreadable, expired };
}
