/** What ends a command: exit code 1, something failed; 2, the command was called wrongly. */
import type { Place, Problem } from '@tenon/domain';
import { Refusal, TenonError } from '@tenon/errors';

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
  return systemFailure(error) ?? bug(error);
}

/** What the operating system refuses is nobody's bug. */
function systemFailure(error: unknown): Failure | undefined {
  const { code, syscall, address, port, message } = (error ?? {}) as Partial<ListenError>;
  if (code === undefined || syscall === undefined) return undefined;
  if (syscall !== 'listen') return failure('system', `The system refuses: ${message}.`);
  const where = `port ${port} of ${address}`;
  const hint = 'Name another with --port (0: any that is free) or TENON_PORT.';
  if (code === 'EADDRINUSE')
    return failure('port-taken', `Something else listens on ${where} already.`, hint);
  return failure(
    'port-refused',
    `Nothing can listen on ${where}: ${message}.`,
    `${hint} The address is --host.`,
  );
}

interface ListenError extends NodeJS.ErrnoException {
  readonly address: string;
  readonly port: number;
}

function bug(error: unknown): Failure {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return failure(
    'internal',
    message,
    `This is a fault of Tenon; please report it with:\n${stack ?? message}`,
  );
}
