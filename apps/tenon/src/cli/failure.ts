/** What ends a command: exit code 1, something failed; 2, the command was called wrongly. */
import type { Place, Problem } from '@tenon/domain';
import { Refusal, TenonError } from '@tenon/ports';

export class Failure extends Error {
  constructor(
    readonly problems: readonly Problem[],
    readonly exitCode: 1 | 2 = 1,
  ) {
    super(problems.map((problem) => problem.message).join('\n'));
    this.name = 'Failure';
  }
}

/** A failure of one problem. */
export function failure(code: string, message: string, hint?: string, place?: Place): Failure {
  return new Failure([{ code, message, ...(hint !== undefined && { hint }), ...(place && { place }) }]);
}

/** The command was called wrongly. */
export function usage(message: string, hint?: string): Failure {
  return new Failure([{ code: 'usage', message, ...(hint !== undefined && { hint }) }], 2);
}

/** Any error as a failure; those that nobody foresaw keep their stack for whoever mends them. */
export function toFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof Refusal) return new Failure(error.problems);
  if (error instanceof TenonError) return failure(error.code, error.message, error.details.hint);
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return failure(
    'internal',
    message,
    `This is a fault of Tenon; please report it with:\n${stack ?? message}`,
  );
}
