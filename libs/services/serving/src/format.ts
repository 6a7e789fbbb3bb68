import { HttpProblem } from '@tenon/errors';

/** JSON unless CSV is asked for; 406 for what can't be given. */
export function formatOf(accept: string | undefined): 'json' | 'csv' {
  if (accept === undefined || accept === '') return 'json';
  const types = accept.split(',').map((part) => (part.split(';')[0] ?? '').trim().toLowerCase());
  for (const type of types) {
    if (['*/*', 'application/*', 'application/json'].includes(type)) return 'json';
    if (type === 'text/csv' || type === 'text/*') return 'csv';
  }
  throw new HttpProblem(406, 'not-acceptable', 'Rows are given as application/json or text/csv.');
}
