/** RFC 9457: every error, of a handler, of Express or of the parser, has one shape and a stable code. */
import { STATUS_CODES } from 'node:http';
import { HttpProblem, TenonError } from '@tenon/errors';

export const PROBLEM_TYPE = 'application/problem+json';

export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly instance: string;
  readonly correlationId: string;
  readonly [extra: string]: unknown;
}

/** Codes of the errors that Express and its static files raise by status alone. */
const CODES: Readonly<Record<number, string>> = {
  400: 'bad-request',
  403: 'forbidden',
  404: 'not-found',
  405: 'method-not-allowed',
  408: 'timeout',
  412: 'precondition-failed',
  413: 'too-large',
  416: 'range-not-satisfiable',
  431: 'headers-too-large',
};

/** Errors of Tenon's own that a client, or whoever wrote the product, can do something about. */
const STATUSES: Readonly<Record<string, number>> = {
  'record-too-large': 413,
  'log-replaced': 503,
  'log-too-short': 503,
  'unsupported-version': 503,
  'document-damaged': 503,
};

/** A server's bug or an unforeseen fault: told as `internal`, without what happened inside. */
export const isUnexpected = (problem: HttpProblem): boolean => problem.code === 'internal';

/** What a thrown value means to a client. Anything unknown is a 500 that says nothing of the inside. */
export function problemOf(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof TenonError && error.details.retryable === true) {
    return new HttpProblem(503, error.code, error.message, {}, { 'retry-after': '1' });
  }
  const known = error instanceof TenonError ? STATUSES[error.code] : undefined;
  if (error instanceof TenonError && known !== undefined) {
    const { hint } = error.details;
    return new HttpProblem(known, error.code, error.message, hint === undefined ? {} : { hint });
  }
  // Express and its helpers mark the client's faults with a status.
  const status = (error as { status?: unknown } | null | undefined)?.status;
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new HttpProblem(status, CODES[status] ?? 'bad-request', STATUS_CODES[status] ?? 'Bad request');
  }
  return new HttpProblem(
    500,
    'internal',
    'Something went wrong here; the log has it under this correlation ID.',
  );
}

/** @param url as requested; what follows a `?` is left out, since it may hold data. */
export function problemDocument(problem: HttpProblem, url: string, correlationId: string): ProblemDocument {
  const query = url.indexOf('?');
  return {
    type: `urn:tenon:problem:${problem.code}`,
    title: STATUS_CODES[problem.status] ?? 'Error',
    status: problem.status,
    detail: problem.detail,
    code: problem.code,
    instance: query < 0 ? url : url.slice(0, query),
    correlationId,
    ...problem.extra,
  };
}

/** The headers of a problem's answer; 429 and 503 always say when to come back. */
export function problemHeaders(problem: HttpProblem): Record<string, string> {
  const headers: Record<string, string> = { ...problem.headers };
  const says = Object.keys(headers).some((name) => name.toLowerCase() === 'retry-after');
  if ((problem.status === 429 || problem.status === 503) && !says) headers['retry-after'] = '1';
  return headers;
}
