/** Rows of two sides, matched by their cells in DuckDB, which spills to the directory beyond its memory. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Value } from '@tenon/domain';
import type { RowColumns } from '@tenon/service-serving';
import type { SideRows } from './sides';

/** DuckDB's memory for matching; what is beyond it lies in the directory. */
const MEMORY = '256MB';

export interface Matched {
  /** Rows that both have to the letter. */
  readonly same: number;
  /** The rest, with `null` for a side that has no such row. */
  readonly pairs: AsyncIterable<readonly [cell: string, a: RowColumns | null, b: RowColumns | null]>;
}

export async function withMatched<T>(
  directory: string,
  sides: readonly [SideRows, SideRows],
  work: (pairs: Matched['pairs']) => Promise<T>,
): Promise<T & Pick<Matched, 'same'>> {
  const [a, b] = [join(directory, 'a.json'), join(directory, 'b.json')];
  const rows = await written(a, sides[0]);
  await written(b, sides[1]);
  const instance = await DuckDBInstance.create(':memory:', {
    ...{ threads: '1', memory_limit: MEMORY, temp_directory: join(directory, 'spill') },
  });
  const connection = await instance.connect();
  try {
    const result = await connection.stream(
      `SELECT coalesce(a.i, b.i), a.r, b.r FROM ${fileAt(a)} a FULL JOIN ${fileAt(b)} b ON a.i = b.i WHERE a.r IS DISTINCT FROM b.r`,
    );
    let apart = 0;
    async function* pairs() {
      for (;;) {
        const chunk = await result.fetchChunk();
        if (chunk === null || chunk.rowCount === 0) return;
        for (const [cell, left, right] of chunk.getRows()) {
          if (left !== null) apart += 1;
          yield [String(cell), columnsIn(left), columnsIn(right)] as const;
        }
      }
    }
    const done = await work(pairs());
    return { ...done, same: rows - apart };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const columnsIn = (text: unknown) =>
  text === null ? null : (JSON.parse(String(text)) as Readonly<Record<string, Value>>);

const fileAt = (path: string) =>
  `read_json('${path.replaceAll("'", "''")}', format = 'newline_delimited', columns = {i: 'VARCHAR', r: 'VARCHAR'})`;

/** @returns how many rows there are */
async function written(path: string, rows: SideRows): Promise<number> {
  const file = createWriteStream(path);
  let count = 0;
  for await (const chunk of rows) {
    count += chunk.length;
    const text = chunk.map(([i, r]) => `${JSON.stringify({ i, r })}\n`).join('');
    if (!file.write(text)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'finish');
  return count;
}
