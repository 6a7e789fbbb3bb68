/** `GET /v1/products/{name}/diff`. */
import { HttpProblem } from '@tenon/errors';
import type { HttpRequest, HttpResponse } from '@tenon/ports';
import type { ProductLayout } from '@tenon/views';
import type { DiffDeps } from './diff';
import { diffVersions } from './diff';
import { DIFFERENCE_KINDS } from './row-differences';
import { parseSide } from './sides';

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 10_000;

/** @param layoutOf of a version of the product that is asked for; null: the one that its name serves */
export async function answerDiff(
  deps: DiffDeps,
  layoutOf: (version: number | null) => ProductLayout,
  { query, signal }: HttpRequest,
): Promise<HttpResponse> {
  const [a, b] = (['a', 'b'] as const).map((parameter) => {
    const { version, asOf } = parseSide(parameter, query[parameter] ?? '');
    return { layout: layoutOf(version), asOf };
  });
  const { by, limit = String(LIMIT_DEFAULT) } = query;
  const most = /^\d{1,6}$/.test(limit) ? Number(limit) : NaN;
  if (!(most >= 0 && most <= LIMIT_MAX))
    throw bad('limit', `limit is a whole number from 0 to ${LIMIT_MAX}.`);
  const columns = a?.layout.plan.columns.map(({ name }) => name) ?? [];
  if (by !== undefined && !columns.includes(by))
    throw bad('by', `by is a column of the product: ${columns.join(', ')}.`);
  const kind = DIFFERENCE_KINDS.find((one) => one === query['kind']);
  if (query['kind'] !== undefined && kind === undefined)
    throw bad('kind', `kind is one of ${DIFFERENCE_KINDS.join(', ')}.`);
  const options = {
    limit: most,
    signal,
    ...(kind !== undefined && { kind }),
    ...(by !== undefined && { by }),
  };
  const json = await diffVersions(deps, a as NonNullable<typeof a>, b as NonNullable<typeof b>, options);
  return { status: 200, json };
}

const bad = (parameter: string, detail: string) =>
  new HttpProblem(400, 'bad-parameter', detail, { parameter });
