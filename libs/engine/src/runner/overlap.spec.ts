import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine, PartialCell } from '@tenon/ports';
import { createEngine } from '../engine';
import { productOf, recordOf, sourceOf } from '../testing/records';
import { archive } from '../testing/archive';

describe('archive files that overlap, since two writers cut the log differently', () => {
  const source = sourceOf({ n: { type: 'integer' } });
  let directory: string;
  let engine: Engine;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tenon-overlap-'));
    engine = await createEngine({ threads: 1 });
  });

  afterAll(async () => {
    await engine.close();
    await rm(directory, { recursive: true, force: true });
  });

  /** A file with the records [from, to); those with an odd offset are duplicates. */
  async function file(from: number, to: number): Promise<string> {
    const path = join(directory, `${from}-${to}.parquet`);
    const records = Array.from({ length: to - from }, (_, index) => ({
      partition: 0,
      record: recordOf(from + index, { time: '2001-01-01T00:00:00Z', data: { n: 1 } }),
      mark: (from + index) % 2 === 0 ? ('event' as const) : ('duplicate' as const),
    }));
    await archive(engine, source, records, path);
    return path;
  }

  it('give each record once, in the cells and in the ledger', async () => {
    const plan = await engine.plan(source, productOf('SELECT count(*) AS n FROM events WHERE n > 0'));
    const [first, second] = [await file(0, 10), await file(4, 16)];
    const { cells, ledger } = await engine.aggregateArchive(source, plan, [
      { partition: 0, from: 2, to: 10, paths: [first] },
      { partition: 0, from: 10, to: 14, paths: [second] },
    ]);
    const all: PartialCell[] = [];
    for await (const chunk of cells) all.push(...chunk);
    expect(all).toMatchObject([{ key: [], states: [6] }]);
    expect(ledger).toMatchObject({ aggregated: 6, duplicate: 6, filtered: 0, deadLettered: 0 });
  });

  it('of another partition than their range are refused, and named', async () => {
    const plan = await engine.plan(source, productOf('SELECT count(*) AS n FROM events'));
    const path = await file(0, 10);
    const range = { partition: 1, from: 0, to: 10, paths: [path] };
    await expect(engine.aggregateArchive(source, plan, [range])).rejects.toMatchObject({
      code: 'archive-damaged',
      message: `${path} holds records of partition 0, and not of partition 1.`,
    });
  });
});
