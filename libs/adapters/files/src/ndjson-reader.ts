/** NDJSON: one JSON text per line. Lines are passed on as they are, so that no digit is lost on the way. */
import { statSync } from 'node:fs';
import type { FileRow, RowChunk, RowReader } from './rows';
import { readText } from './text-lines';

export function openNdjson(path: string, bytes?: number): RowReader {
  const total = bytes ?? statSync(path).size;
  return { unit: 'bytes', total, read: (skip) => readNdjson(path, skip, total, bytes) };
}

async function* readNdjson(
  path: string,
  skip: number,
  total: number,
  bytes?: number,
): AsyncGenerator<RowChunk> {
  let number = 0;
  let rest = '';
  const rowsOf = (lines: readonly string[]): FileRow[] => {
    const rows: FileRow[] = [];
    for (const line of lines) {
      number += 1;
      if (number > skip && line.trim() !== '') rows.push(toRow(number, line.trim()));
    }
    return rows;
  };
  for await (const { text, done } of readText(path, bytes)) {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    yield { rows: rowsOf(lines), done };
  }
  if (rest !== '') yield { rows: rowsOf([rest]), done: total };
}

/** A malformed line is sent as it is: the server refuses it and keeps it among its dead letters. */
function toRow(number: number, text: string): FileRow {
  try {
    return isCloudEvent(JSON.parse(text)) ? { number, text, asIs: true } : { number, text };
  } catch {
    return { number, text, asIs: true };
  }
}

function isCloudEvent(value: unknown): boolean {
  const { specversion, id, source, type } = (value ?? {}) as Record<string, unknown>;
  return [specversion, id, source, type].every((attribute) => typeof attribute === 'string');
}
