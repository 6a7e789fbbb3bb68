/** What a check finds, and how far it is. */
import type { Problem } from '@tenon/domain';
import { TenonError } from '@tenon/errors';

export class Findings {
  readonly problems: Problem[] = [];

  add(code: string, message: string, hint?: string): void {
    this.problems.push({ code, message, ...(hint !== undefined && { hint }) });
  }

  /** @param where what was being read */
  failed(where: string, error: unknown): void {
    if (error instanceof TenonError) return this.add(error.code, error.message, error.details.hint);
    this.add('system', `${where} can't be read: ${(error as Error).message}`);
  }
}

/** Told of bytes that have been read, or records, or documents: whatever `total` counts. */
export interface Watcher {
  begin(what: string, total: number): void;
  add(count: number): void;
  end(): void;
}
