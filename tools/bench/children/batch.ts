/** Batch over an archive that is there: the engine's part and the landing, each beside DuckDB alone on the same files. */
import { DuckDBInstance } from '@duckdb/node-api';
import { archivePrefix, contiguous, parseArchiveName } from '@tenon/archive';
import { createFileCatalog } from '@tenon/catalog';
import { createFileLake, createLmdbProductStore } from '@tenon/adapters-embedded';
import { cellKey } from '@tenon/domain';
import { createEngine } from '@tenon/engine';
import type { ArchiveRange } from '@tenon/ports';
import { planCatalog } from '@tenon/runtime';
import { foldCells } from '@tenon/service-consumption';
import { layoutOf } from '@tenon/views';

async function main(lakeDirectory: string, scratch: string): Promise<void> {
  const engine = await createEngine({});
  const { sources, plans } = await planCatalog(engine, await createFileCatalog('catalog').load());
  const source = sources[0];
  if (source === undefined) throw new Error('no source');
  const lake = await createFileLake({ directory: lakeDirectory });
  const files = (await lake.list(archivePrefix(source.name))).flatMap((file) => parseArchiveName(file) ?? []);
  const ranges: ArchiveRange[] = [];
  for (let partition = 0; partition < source.partitions; partition++)
    for (const file of contiguous(files.filter((one) => one.partition === partition)))
      ranges.push({ partition, from: file.from, to: file.to, paths: [await lake.path(file.name)] });
  const paths = ranges.flatMap((range) => range.paths);
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const list = paths.map((path) => `'${path.replaceAll("'", "''")}'`).join(',');
  await connection.run(
    `CREATE VIEW ${source.name} AS SELECT * FROM read_parquet([${list}], hive_partitioning = false, union_by_name = false) WHERE __mark = 'event'`,
  );
  const store = await createLmdbProductStore({ directory: `${scratch}/store` });

  const results = [];
  for (const plan of plans) {
    const timesTenon: number[] = [];
    const timesDuck: number[] = [];
    let cells = 0;
    for (let round = 0; round < 4; round++) {
      const began = performance.now();
      cells = 0;
      for await (const chunk of (await engine.aggregateArchive(source, plan, ranges)).cells)
        cells += chunk.length;
      const middle = performance.now();
      await (await connection.run(plan.sql)).getRows();
      if (round > 0) {
        timesTenon.push(middle - began);
        timesDuck.push(performance.now() - middle);
      }
    }
    const layout = layoutOf(plan, [source]);
    const landed = performance.now();
    for await (const chunk of (await engine.aggregateArchive(source, plan, ranges)).cells)
      await store.transact((tx) =>
        foldCells(
          tx,
          layout,
          { line: 0, from: 0, to: 1, times: null },
          chunk.map(({ key, states }) => ({
            id: cellKey(layout.types, key),
            key: JSON.stringify(key),
            states: JSON.stringify(states),
          })),
        ),
      );
    const landing = performance.now() - landed - (timesTenon.sort((a, b) => a - b)[1] ?? 0);
    results.push({ product: plan.product, cells, tenon: timesTenon, duck: timesDuck, landing });
  }
  process.send?.({ results });
  process.once('SIGTERM', () => process.exit(0));
}

void main(process.argv[2] as string, process.argv[3] as string);
