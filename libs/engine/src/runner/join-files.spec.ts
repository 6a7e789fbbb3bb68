import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine, PartialCell } from '@tenon/ports';
import { createEngine } from '../engine';
import { archive } from '../testing/archive';
import { productOf, recordOf, sourceOf } from '../testing/records';

describe('files of the archive that are joined', () => {
  const source = sourceOf({ n: { type: 'integer' }, when: { type: 'string', format: 'date-time' } });
  let directory: string;
  let engine: Engine;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tenon-join-'));
    engine = await createEngine({ threads: 2 });
  });

  afterAll(async () => {
    await engine.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function file(from: number, to: number, of = source, name = 'a'): Promise<string> {
    const path = join(directory, `${name}-${from}-${to}.parquet`);
    const records = Array.from({ length: to - from }, (_, index) => ({
      partition: 0,
      record: recordOf(from + index, {
        time: '2001-01-01T00:00:00Z',
        data: { n: from + index, when: '9999-12-31T23:59:59.999999Z' },
      }),
      mark: index % 5 === 0 ? ('duplicate' as const) : ('event' as const),
    }));
    await archive(engine, of, records, path);
    return path;
  }

  it('give what they gave, also a range that begins and ends within', async () => {
    const plan = await engine.plan(
      source,
      productOf('SELECT count(*) AS n, sum(n) AS total, max("when") AS latest FROM events'),
    );
    const paths = [await file(0, 3000), await file(3000, 3001), await file(3001, 9000)];
    const to = join(directory, 'joined.parquet');
    expect(await engine.joinArchive(paths, to, 'mark')).toBe(true);
    const read = async (files: readonly string[]) => {
      const range = { partition: 0, from: 17, to: 8003, paths: files };
      const { cells, ledger } = await engine.aggregateArchive(source, plan, [range]);
      const all: PartialCell[] = [];
      for await (const chunk of cells) all.push(...chunk);
      return { all, ledger };
    };
    expect(await read([to])).toEqual(await read(paths));
  });

  it('are not where they have other columns', async () => {
    const other = sourceOf({ n: { type: 'string' } });
    const paths = [await file(0, 10), await file(10, 20, other, 'other')];
    expect(await engine.joinArchive(paths, join(directory, 'none.parquet'), 'mark')).toBe(false);
  });
});
