import type { Problem } from '@tenon/domain';
import { Refusal, TenonError } from '@tenon/errors';

/** What an error says, for people: all of it where it is made of several problems. */
export function problemsOf(error: unknown): readonly Problem[] {
  if (error instanceof Refusal) return error.problems;
  if (error instanceof TenonError) {
    const { code, message, details } = error;
    return [{ code, message, ...(details.hint !== undefined && { hint: details.hint }) }];
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return [{ code: 'internal', message: text }];
}
