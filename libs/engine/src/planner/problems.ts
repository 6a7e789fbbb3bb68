import type { Problem } from '@tenon/domain';
import { Refusal } from '@tenon/errors';

/** Collects everything that is wrong with one SQL text, with the places of it. */
export class ProblemList {
  private readonly problems: Problem[] = [];
  private readonly bytes: Buffer;

  constructor(sql: string) {
    this.bytes = Buffer.from(sql, 'utf8');
  }

  get empty(): boolean {
    return this.problems.length === 0;
  }

  has(code: string): boolean {
    return this.problems.some((one) => one.code === code);
  }

  /** @param at byte in the SQL; undefined where no place is known (then line 1, column 1) */
  add(code: string, at: number | undefined, message: string, hint?: string): void {
    const place = { file: '', ...this.lineAndColumn(at ?? 0) };
    const known = this.problems.some((one) => one.message === message && samePlace(one, place));
    if (!known) this.problems.push({ code, message, ...(hint !== undefined && { hint }), place });
  }

  /** @throws Refusal with all problems, by place */
  throwIfAny(): void {
    if (this.empty) return;
    const order = (one: Problem) => (one.place?.line ?? 0) * 1e6 + (one.place?.column ?? 0);
    throw new Refusal(
      'plan-refused',
      this.problems.toSorted((a, b) => order(a) - order(b)),
    );
  }

  /** For where there is at least one. */
  fail(): never {
    this.throwIfAny();
    throw new Error('There is no problem.');
  }

  private lineAndColumn(at: number): { line: number; column: number } {
    const before = this.bytes.subarray(0, at).toString('utf8');
    const lineStart = before.lastIndexOf('\n') + 1;
    return { line: before.split('\n').length, column: [...before.slice(lineStart)].length + 1 };
  }
}

const samePlace = (problem: Problem, place: { line: number; column: number }) =>
  problem.place?.line === place.line && problem.place.column === place.column;

/** «did you mean …?» for a name that does not exist; undefined where nothing is near. */
export function nearestName(name: string, names: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase();
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of names) {
    const distance = editDistance(wanted, candidate.toLowerCase(), bestDistance);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Levenshtein's distance, given up at `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return Math.min(row[b.length]!, limit);
}
