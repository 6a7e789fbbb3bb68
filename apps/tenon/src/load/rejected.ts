/** `<file>.rejected.ndjson`: each row that was refused, with its number and why. */
import { appendFileSync, rmSync } from 'node:fs';
import type { IngestItem } from '@tenon/contracts';
import type { FileRow } from './rows';

export interface RejectedRow {
  readonly row: FileRow;
  readonly why: Pick<IngestItem, 'code' | 'pointer' | 'detail' | 'correlationId'>;
}

export class RejectedFile {
  constructor(
    readonly path: string,
    private readonly file: string,
  ) {}

  /** A load from the first row on replaces what an earlier one left. */
  clear(): void {
    rmSync(this.path, { force: true });
  }

  add(rejections: readonly RejectedRow[]): void {
    if (rejections.length === 0) return;
    const lines = [...rejections].sort((a, b) => a.row.number - b.row.number).map((one) => this.line(one));
    appendFileSync(this.path, lines.join(''));
  }

  /** The row's own text where it is JSON, so that every digit of it can be mended and sent again. */
  private line({ row, why }: RejectedRow): string {
    const { code, pointer, detail, correlationId } = why;
    const head = JSON.stringify({
      file: this.file,
      row: row.number,
      code,
      pointer,
      detail,
      correlationId,
    }).slice(0, -1);
    return `${head},${isJson(row.text) ? `"data":${row.text}` : `"text":${JSON.stringify(row.text)}`}}\n`;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
