/** `<file>.rejected.ndjson`: each row that was refused, with its number and why. */
import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import type { IngestItem } from '@tenon/contracts';
import type { FileRow } from '@tenon/adapters-files';
import { isJson } from '@tenon/adapters-files';

export interface RejectedRow {
  readonly row: FileRow;
  readonly why: Pick<IngestItem, 'code' | 'pointer' | 'detail' | 'correlationId'>;
}

/** Why rows were refused, with the first of them. */
export interface RejectReason {
  readonly code: string;
  readonly count: number;
  readonly row: number;
  readonly detail: string;
}

export class RejectedFile {
  private readonly byCode = new Map<string, RejectReason>();

  constructor(
    readonly path: string,
    private readonly file: string,
  ) {}

  /** A load from the first row on replaces what an earlier one left. */
  clear(): void {
    rmSync(this.path, { force: true });
  }

  /** The rows that an earlier load left; none where the file is not there any more. */
  rows(): ReadonlySet<number> {
    try {
      const lines = readFileSync(this.path, 'utf8').split('\n').filter(Boolean);
      const numbers = lines.map((line) => (JSON.parse(line) as { readonly row?: unknown }).row);
      return new Set(numbers.filter((row): row is number => Number.isSafeInteger(row)));
    } catch {
      return new Set();
    }
  }

  /** The most frequent first. */
  reasons(): readonly RejectReason[] {
    return [...this.byCode.values()].sort((a, b) => b.count - a.count);
  }

  add(rejections: readonly RejectedRow[]): void {
    if (rejections.length === 0) return;
    for (const { row, why } of rejections) {
      const known = this.byCode.get(why.code) ?? {
        code: why.code,
        count: 0,
        row: row.number,
        detail: why.detail ?? '',
      };
      this.byCode.set(why.code, { ...known, count: known.count + 1 });
    }
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
