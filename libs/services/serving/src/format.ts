/** In which format rows are asked for. */
import type { RowsFormat } from '@tenon/contracts';
import { HttpProblem } from '@tenon/errors';

export const MEDIA_TYPES: Readonly<Record<RowsFormat, string>> = {
  json: 'application/json',
  csv: 'text/csv; charset=utf-8; header=present',
  spreadsheet: 'text/csv; charset=utf-8; header=present',
  arrow: 'application/vnd.apache.arrow.stream',
  parquet: 'application/vnd.apache.parquet',
};

/** What a range of media types means: of several, what is first here. */
const MEANT: Readonly<Record<string, RowsFormat>> = {
  '*/*': 'json',
  'application/*': 'json',
  'text/*': 'csv',
  'text/csv': 'csv',
  [MEDIA_TYPES.json]: 'json',
  [MEDIA_TYPES.arrow]: 'arrow',
  [MEDIA_TYPES.parquet]: 'parquet',
};

/** What a range means, where the first is not wanted. */
const ORDER: readonly RowsFormat[] = ['json', 'csv', 'arrow', 'parquet'];

/** By `Accept`: what has the greatest weight, of equal weight the first. JSON unless another is asked for; 406 for what can't be given. */
export function formatOf(accept: string | undefined): RowsFormat {
  if (accept === undefined || accept === '' || accept === '*/*' || accept === 'application/json')
    return 'json';
  const refused = new Set<string>();
  let best: { readonly format: RowsFormat; readonly weight: number } | null = null;
  for (const part of accept.split(',')) {
    const [type = '', ...parameters] = part.split(';').map((one) => one.trim().toLowerCase());
    const weight = Number(parameters.find((one) => one.startsWith('q='))?.slice(2) ?? 1);
    if (weight === 0) refused.add(type);
    if (!Object.hasOwn(MEANT, type) || !(weight > (best?.weight ?? 0))) continue;
    const isSpreadsheet =
      type === 'text/csv' && parameters.some((one) => /^profile="?spreadsheet"?$/.test(one));
    best = { format: isSpreadsheet ? 'spreadsheet' : (MEANT[type] as RowsFormat), weight };
  }
  const isRefused = (format: RowsFormat) => refused.has(MEDIA_TYPES[format].split(';')[0] as string);
  if (best !== null && !isRefused(best.format)) return best.format;
  // A range may mean another type than the one that is not wanted.
  const other =
    best === null || !accept.includes('*/*') ? undefined : ORDER.find((format) => !isRefused(format));
  if (other !== undefined) return other;
  const types = [...new Set(Object.values(MEDIA_TYPES).map((type) => type.split(';')[0]))];
  throw new HttpProblem(406, 'not-acceptable', `Rows are given as ${types.join(', ')}.`);
}
