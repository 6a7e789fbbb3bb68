/** The correlation ID of a request: the client's, or a new one. Never changed after, so a bad one is refused. */
import { CORRELATION_HEADER } from '@tenon/contracts';
import { HttpProblem } from '@tenon/errors';
import type { Ids } from '@tenon/ports';
import type { IncomingMessage } from 'node:http';

const PRINTABLE = /^[\x21-\x7e](?:[\x20-\x7e]{0,126}[\x21-\x7e])?$/;

export interface Correlation {
  readonly id: string;
  /** Why the client's ID was not taken; `id` is then a new one. */
  readonly problem?: HttpProblem;
}

/** An empty header counts as none. */
export function correlationOf(request: IncomingMessage, ids: Ids): Correlation {
  const given = request.headers[CORRELATION_HEADER];
  if (given === undefined || given === '') return { id: ids.next() };
  if (typeof given === 'string' && PRINTABLE.test(given)) return { id: given };
  const problem = new HttpProblem(
    400,
    'bad-correlation-id',
    'X-Correlation-Id must be 1 to 128 printable ASCII characters.',
  );
  return { id: ids.next(), problem };
}
