/** `POST /v1/cuts`: a cut on command, and on wish an answer only once it is served. */
import type { ProductId } from '@tenon/domain';
import { CUT_TIMEOUT } from '@tenon/contracts';
import { HttpProblem } from '@tenon/errors';
import type { Bus, Clock, HttpRequest, HttpResponse, Route } from '@tenon/ports';
import type { CutMaker } from './control';
import { waitUntilServed } from './wait';

export interface CutsRouteDeps {
  readonly cutter: CutMaker;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly products: readonly ProductId[];
}

export function cutsRoute(deps: CutsRouteDeps): Route {
  return {
    method: 'POST',
    path: '/v1/cuts',
    query: ['full', 'wait', 'timeout'],
    handle: (request) => makeCut(deps, request),
  };
}

async function makeCut(deps: CutsRouteDeps, request: HttpRequest): Promise<HttpResponse> {
  const full = flag(request, 'full');
  const wait = flag(request, 'wait');
  const timeoutMs = timeout(request);
  const { epoch, offsets } = await deps.cutter.cut(full, request.trace);
  if (!wait) return { status: 202, json: { epoch, offsets } };
  const { served, generations } = await waitUntilServed(deps, epoch, timeoutMs, request.signal);
  if (served) return { status: 202, json: { epoch, offsets, generations } };
  const extra = { epoch, offsets, generations };
  if (request.signal.aborted) {
    throw new HttpProblem(
      503,
      'shutting-down',
      `Cut ${epoch} is made; this server ends before it is served.`,
      extra,
    );
  }
  const detail = deps.bus.connected()
    ? `Cut ${epoch} is made, but not every product serves it after ${timeoutMs} ms.`
    : `Cut ${epoch} is made; with NATS away it can’t be told here whether it is served. A product’s generation says so.`;
  throw new HttpProblem(504, 'cut-timeout', detail, extra);
}

function flag(request: HttpRequest, parameter: string): boolean {
  const value = request.query[parameter] ?? 'false';
  if (value === 'true' || value === 'false') return value === 'true';
  throw new HttpProblem(400, 'bad-parameter', `${parameter} is "true" or "false".`, { parameter });
}

function timeout(request: HttpRequest): number {
  const text = request.query['timeout'];
  if (text === undefined) return CUT_TIMEOUT.otherwise;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (value >= CUT_TIMEOUT.min && value <= CUT_TIMEOUT.max) return value;
  throw new HttpProblem(
    400,
    'bad-parameter',
    `timeout is milliseconds, from ${CUT_TIMEOUT.min} to ${CUT_TIMEOUT.max}.`,
    {
      parameter: 'timeout',
    },
  );
}
