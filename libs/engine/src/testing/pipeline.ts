/** What speed and batch make of events with an engine: states by micro-batches, and from the archive. */
import { join } from 'node:path';
import { EMPTY_LEDGER, addLedgers, cellShape, mergeInto } from '@tenon/domain';
import type { LedgerCounts, Plan, SourceDefinition, State, Value } from '@tenon/domain';
import type { ArchiveRange, ArchiveRecord, Engine, EngineEvent, Refused } from '@tenon/ports';
import { archive } from './archive';

export interface Folded {
  /** Key (as JSON) → states. */
  readonly cells: ReadonlyMap<string, State[]>;
  readonly ledger: LedgerCounts;
  readonly refused: readonly Refused[];
}

/** Micro-batch by micro-batch, each partition for itself, then all partitions together. */
export async function foldLive(
  engine: Engine,
  source: SourceDefinition,
  plans: readonly Plan[],
  microBatches: readonly (readonly EngineEvent[])[],
): Promise<Folded[]> {
  const folds = plans.map(() => new Map<string, State[]>());
  const ledgers = plans.map(() => EMPTY_LEDGER);
  const refused = plans.map((): Refused[] => []);
  for (const events of microBatches) {
    const microBatch = await engine.open(source, plans, events);
    for (const [index, plan] of plans.entries()) {
      const result = await microBatch.aggregate(plan);
      refused[index]!.push(...microBatch.poison, ...result.refused);
      for (const { cells, ledger } of result.partitions) {
        ledgers[index] = addLedgers(ledgers[index]!, ledger);
        for (const { key, states } of cells) fold(plan, folds[index]!, key, states);
      }
    }
    await microBatch.close();
  }
  return plans.map((_, index) => ({
    cells: folds[index]!,
    ledger: ledgers[index]!,
    refused: byPlace(refused[index]!),
  }));
}

/** Each partition in files of at most `perFile` records, then every plan over all of them. */
export async function foldArchive(
  engine: Engine,
  source: SourceDefinition,
  plans: readonly Plan[],
  events: readonly EngineEvent[],
  directory: string,
  perFile: number,
): Promise<Folded[]> {
  const ranges: ArchiveRange[] = [];
  for (const partition of new Set(events.map((event) => event.partition))) {
    const own = events.filter((event) => event.partition === partition);
    const paths: string[] = [];
    for (let at = 0; at < own.length; at += perFile) {
      const path = join(directory, `${partition}-${at}.parquet`);
      const records = own
        .slice(at, at + perFile)
        .map((event): ArchiveRecord => ({ ...event, mark: 'event' }));
      await archive(engine, source, records, path);
      paths.push(path);
    }
    const offsets = own.map(({ record }) => record.offset);
    ranges.push({ partition, from: Math.min(...offsets), to: Math.max(...offsets) + 1, paths });
  }
  const folded: Folded[] = [];
  for (const plan of plans) {
    const result = await engine.aggregateArchive(source, plan, ranges);
    const cells = new Map<string, State[]>();
    for await (const chunk of result.cells)
      for (const { key, states } of chunk) fold(plan, cells, key, states);
    folded.push({ cells, ledger: result.ledger, refused: byPlace(result.refused) });
  }
  return folded;
}

function fold(
  plan: Plan,
  cells: Map<string, State[]>,
  key: readonly Value[],
  states: readonly State[],
): void {
  const name = JSON.stringify(key);
  const known = cells.get(name);
  // Whatever an engine makes is what consumption and serving take for a cell of the product.
  if (!cellShape(plan).fits(JSON.parse(name), JSON.parse(JSON.stringify(states))))
    throw new Error(`It is no cell of ${plan.product}: ${name} ${JSON.stringify(states)}`);
  if (known === undefined) cells.set(name, [...states]);
  else mergeInto(plan.states, known, states);
}

const byPlace = (refused: readonly Refused[]) =>
  [...refused].sort((a, b) => a.partition - b.partition || a.offset - b.offset);

/** The answer's rows. */
export async function answerOf(engine: Engine, plan: Plan, folded: Folded): Promise<Value[][]> {
  const cells = [...folded.cells].map(([key, states]) => ({ key: JSON.parse(key) as Value[], states }));
  const rows = await engine.finalize(plan, cells);
  return rows.flatMap((row) => (row === null ? [] : [[...row.values]]));
}
