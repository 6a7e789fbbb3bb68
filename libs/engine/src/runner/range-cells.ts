/** The cells of a range on their way out, in chunks. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Plan } from '@tenon/domain';
import type { PartialCell } from '@tenon/ports';
import type { ExceedingStates } from './bounded';
import { cellNamer, cellsOf } from './partial';

/** The table that a range's cells are computed into. */
export const CELLS = '__tenon_cells';

/** Each cell comes once: what DuckDB groups apart has names of its own (keys.spec.ts). */
export async function* tableChunks(
  connection: DuckDBConnection,
  plan: Plan,
  exceeding: ExceedingStates = new Map(),
): AsyncGenerator<PartialCell[]> {
  const nameOf = cellNamer(plan);
  const result = await connection.stream(`SELECT * FROM ${CELLS}`);
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    const { cells } = cellsOf(plan, chunk, 0);
    for (const [index, states] of exceeding) {
      if (states.size === 0) continue;
      for (const cell of cells) cell.states[index] = states.get(nameOf(cell.key)) ?? cell.states[index]!;
    }
    if (cells.length > 0) yield cells;
  }
}

const CHUNK_CELLS = 2048;

export async function* memoryChunks(cells: readonly PartialCell[]): AsyncGenerator<readonly PartialCell[]> {
  for (let at = 0; at < cells.length; at += CHUNK_CELLS) yield cells.slice(at, at + CHUNK_CELLS);
}

/** The chunks, and then the connection back, also if the reader stops early. */
export async function* releasing<T>(
  chunks: AsyncIterable<T>,
  release: () => Promise<void>,
): AsyncGenerator<T> {
  try {
    yield* chunks;
  } finally {
    await release();
  }
}
