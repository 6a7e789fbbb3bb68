/** `/v1/losses`: records of sources that are gone, and whose loss was accepted. */
import type { SourceDefinition } from '@tenon/domain';
import { formatTimestamp } from '@tenon/domain';
import { HttpProblem } from '@tenon/errors';
import type { Clock, HttpRequest, Loss, LossBook, Logger, Route } from '@tenon/ports';

export interface LossDesk {
  readonly book: Pick<LossBook, 'read'>;
  /** Absent: this process does not reach all that speed has landed. @throws HttpProblem */
  readonly accept?: (source: SourceDefinition, loss: Loss) => Promise<Loss>;
}

export interface LossRoutesDeps {
  readonly losses: LossDesk;
  readonly sources: readonly SourceDefinition[];
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
}

/** Characters of `reason`. */
const MAX_REASON = 1000;

export function lossRoutes(deps: LossRoutesDeps): Route[] {
  return [
    {
      method: 'GET',
      path: '/v1/losses',
      query: [],
      handle: async () => ({ status: 200, json: { losses: await all(deps) } }),
    },
    {
      method: 'POST',
      path: '/v1/losses',
      query: ['source', 'partition', 'from', 'to', 'reason'],
      handle: async (request) => ({ status: 200, json: await accept(deps, request) }),
    },
  ];
}

async function all({ losses, sources }: LossRoutesDeps): Promise<ReturnType<typeof shown>[]> {
  const found = await Promise.all(
    sources.map(async ({ name }) => (await losses.book.read(name)).map((loss) => shown(name, loss))),
  );
  return found.flat();
}

async function accept({ losses, sources, clock, logger }: LossRoutesDeps, { query, who }: HttpRequest) {
  if (losses.accept === undefined)
    throw new HttpProblem(
      421,
      'layer-elsewhere',
      'This serving does not have the speed layer of all products. Ask a serving without TENON_LAYER.',
    );
  const source = sourceOf(sources, query['source']);
  const whole = (name: string) => numberOf(name, query[name]);
  const [partition, from, to] = [whole('partition'), whole('from'), whole('to')];
  if (partition >= source.partitions)
    throw bad('partition', `${source.name} has partitions 0 to ${source.partitions - 1}.`);
  if (from >= to) throw bad('to', 'from is the first offset that is gone, and to the one after the last.');
  const { reason } = query;
  if (reason !== undefined && reason.length > MAX_REASON)
    throw bad('reason', `reason has ${MAX_REASON} characters at most.`);
  const asked = { partition, from, to, at: clock.now(), by: who ?? null, ...(reason && { reason }) };
  const loss = await losses.accept(source, asked);
  logger.warn({ source: source.name, ...loss }, 'the loss of records was accepted');
  return shown(source.name, loss);
}

const shown = (source: string, { at, ...loss }: Loss) => ({
  source,
  ...loss,
  at: formatTimestamp(at * 1000),
});

function sourceOf(sources: readonly SourceDefinition[], name: string | undefined): SourceDefinition {
  if (name === undefined) throw bad('source', 'source says whose records are gone.');
  const source = sources.find((one) => one.name === name);
  if (source !== undefined) return source;
  const known = sources.map((one) => one.name).join(', ');
  const asked = JSON.stringify(name.slice(0, 100));
  throw new HttpProblem(404, 'unknown-source', `There is no source ${asked}. Sources: ${known}.`);
}

function numberOf(parameter: string, text: string | undefined): number {
  if (text !== undefined && /^\d{1,15}$/.test(text)) return Number(text);
  throw bad(parameter, `${parameter} is needed, a whole number.`);
}

const bad = (parameter: string, detail: string) =>
  new HttpProblem(400, 'bad-parameter', detail, { parameter });
