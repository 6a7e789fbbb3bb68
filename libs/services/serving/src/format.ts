import { HttpProblem } from '@tenon/errors';

/** JSON unless CSV is asked for; 406 for what can't be given. */
export function formatOf(accept: string | undefined): 'json' | 'csv' | 'spreadsheet' {
  if (accept === undefined || accept === '' || accept === '*/*' || accept === 'application/json')
    return 'json';
  for (const part of accept.split(',')) {
    const [type = '', ...parameters] = part.split(';').map((one) => one.trim().toLowerCase());
    if (['*/*', 'application/*', 'application/json'].includes(type)) return 'json';
    if (type === 'text/csv' && parameters.some((one) => /^profile="?spreadsheet"?$/.test(one)))
      return 'spreadsheet';
    if (type === 'text/csv' || type === 'text/*') return 'csv';
  }
  throw new HttpProblem(406, 'not-acceptable', 'Rows are given as application/json or text/csv.');
}
