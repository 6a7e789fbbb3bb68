/** Live updates of a name: a stream goes on with the version that the name goes over to, beginning with a snapshot of it. */
import { HttpProblem } from '@tenon/errors';
import type { HttpRequest, HttpResponse } from '@tenon/ports';
import type { LiveHub } from './live';
import type { Names } from './names';
import type { RowsQuery } from './query';
import { parseLiveQuery, versionAsked } from './query';
import type { ProductReader } from './reader';

/** A version of a product, as live updates are made of it. */
export interface LiveProduct {
  readonly reader: ProductReader;
  readonly hub: LiveHub;
}

export interface LiveStreamsDeps {
  readonly names: Pick<Names, 'movedFrom'>;
  /** What a name answers with; undefined: there is no such name. */
  readonly served: (name: string) => LiveProduct | undefined;
  /** Rows of the snapshot, unless it is said. */
  readonly snapshotRows: number;
}

/** @throws HttpProblem */
export function liveResponse(deps: LiveStreamsDeps, first: LiveProduct, request: HttpRequest): HttpResponse {
  const query = parseLiveQuery(first.reader.layout.plan, request.query, deps.snapshotRows);
  if (first.hub.full)
    throw new HttpProblem(
      503,
      'too-many-streams',
      'Too many live streams are open.',
      {},
      { 'retry-after': '5' },
    );
  return {
    status: 200,
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    },
    stream: streams(deps, first, query, request),
  };
}

async function* streams(
  { names, served, snapshotRows }: LiveStreamsDeps,
  first: LiveProduct,
  firstQuery: RowsQuery,
  { params, query: asked, headers, signal }: HttpRequest,
): AsyncGenerator<string> {
  const name = params.name ?? '';
  const isFixed = versionAsked(first.reader.layout.plan, asked) !== undefined;
  let current = first;
  let query = firstQuery;
  let lastEventId: string | undefined = headers['last-event-id'];
  for (;;) {
    const { product } = current.reader.layout;
    const ended = new AbortController();
    const moved = isFixed ? ended.signal : names.movedFrom(name, product, ended.signal);
    try {
      yield* current.hub.stream(query, lastEventId, AbortSignal.any([signal, moved]));
    } finally {
      ended.abort();
    }
    const next = served(name);
    if (signal.aborted || isFixed || next === undefined || next.reader.layout.product === product) return;
    try {
      query = parseLiveQuery(next.reader.layout.plan, asked, snapshotRows);
    } catch {
      // The other version has no such dimension: who asks again is told so.
      return;
    }
    current = next;
    lastEventId = undefined;
  }
}
