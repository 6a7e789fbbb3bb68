/** Who talks to the deployment while it is disturbed: clients that send, that ask, and that cut. */
import type { IngestAnswer, RowsAnswer } from '@tenon/contracts';
import { TOPICS, decodeReceipt } from '@tenon/contracts';
import { HttpProblem, LogReplaced, Unavailable } from '@tenon/errors';
import type { AcceptedLog } from './accepted';
import type { Asked, Layer, LedgerAnswer } from './check';
import { Wrong, awayIn, checkLedger, checkRows } from './check';
import type { Counters } from './counters';
import type { Deployment } from './deployment';
import type { Losses } from './losses';
import type { Vector } from './oracle';
import type { PastAnswers } from './past';
import { SEEN } from './sightings';
import type { Cell, OracleProduct } from './products';
import { AWKWARD_COLUMNS } from './products';
import type { Random } from './random';
import { bodyOf, requestOf } from './requests';
import type { Call, Scenario, Sent } from './scenario';
import type { Process, Simulation } from './simulation';
import { Gone } from './simulation';
import { callWith, dataOf } from './wire';

export interface Stage {
  readonly simulation: Simulation;
  readonly deployment: Deployment;
  readonly scenario: Scenario;
  /** Source → what its log holds. */
  readonly logs: ReadonlyMap<string, AcceptedLog>;
  readonly counters: Counters;
  readonly losses: Losses;
  readonly random: Random;
  /** Clients live in it. */
  readonly outside: Process;
  readonly isOver: () => boolean;
  readonly past: PastAnswers;
  /** Who holds still, so that what happens meanwhile takes few steps. */
  readonly pauses: { clients: boolean; cuts: boolean };
}

export const logOf = ({ logs }: Pick<Stage, 'logs'>, source: string): AcceptedLog =>
  logs.get(source) as AcceptedLog;

/** What a client may be told while things break, or a product comes and goes: try again. Anything else is a failure. */
export function isPassing(error: unknown): boolean {
  if (error instanceof Gone || error instanceof Unavailable || error instanceof LogReplaced) return true;
  return error instanceof HttpProblem && [503, 504].includes(error.status);
}

/** Sends call after call, and each again until it is answered. */
export async function sendAll(stage: Stage, calls: Call[]): Promise<void> {
  const { simulation, random, outside } = stage;
  for (let call = calls.shift(); call !== undefined; call = calls.shift()) {
    while (stage.pauses.clients) await simulation.sleep(outside, 20);
    let parts = [call.events];
    while (parts.length > 0) {
      const part = parts.shift() as readonly Sent[];
      try {
        const receipt = await send(stage, call.source, part);
        if (random.chance(0.15)) await readOwn(stage, call.source, receipt);
      } catch (error) {
        if (error instanceof HttpProblem && error.code === 'id-conflict')
          parts = [...part.map((one) => [one]), ...parts];
        else if (!isPassing(error)) throw error;
        else parts = [part, ...parts];
      }
      await simulation.sleep(outside, random.int(0, 25));
    }
  }
}

async function send(stage: Stage, source: string, events: readonly Sent[]): Promise<string> {
  const { deployment, random, counters } = stage;
  const log = logOf(stage, source);
  for (const event of events) log.sending(event, dataOf(event.flight));
  const request = requestOf(callWith(events, random, source));
  const response = await deployment.ask('ingestion', 'POST', '/v1/sources/:source/events', request);
  const answer = bodyOf(response) as IngestAnswer;
  // A topic that is another is noticed within two seconds; what it took until then is gone with it.
  if (stage.losses.strays.has(TOPICS.events(source))) {
    counters.add('events acknowledged by another topic', answer.accepted);
    return answer.receipt;
  }
  for (const item of answer.items ?? []) {
    if (item.code === 'id-conflict') continue;
    if (item.code !== 'accepted' || item.position === undefined)
      throw new Wrong(`refused: ${JSON.stringify(item)}`);
    log.acknowledge(events[item.index] as Sent, item.position.partition, item.position.offset);
  }
  if (events.length === 1 && answer.position !== undefined)
    log.acknowledge(events[0] as Sent, answer.position.partition, answer.position.offset);
  counters.add('events acknowledged', answer.accepted);
  return answer.receipt;
}

/** Promise 6: with a receipt, the answer holds the client's own events. */
async function readOwn(stage: Stage, source: string, receipt: string): Promise<void> {
  const { scenario, random, counters } = stage;
  const { oracle } = random.pick(scenario.products.filter((one) => one.oracle.source === source));
  const layer = random.chance(0.2) ? 'batch' : random.pick(['merged', 'speed'] as const);
  const timeout = layer === 'batch' ? '200' : '3000';
  const answer = await ask(stage, oracle, { layer }, { after: receipt, timeout });
  const wanted = decodeReceipt(receipt)?.[source] ?? {};
  for (const [partition, next] of Object.entries(wanted)) {
    const included = answer.answer.included[source]?.[partition] ?? 0;
    if (included < next)
      throw new Wrong(
        `${oracle.name} (${layer}) answered after a receipt for ${partition}/${next}, included ${included}`,
      );
  }
  counters.add('read your event');
}

/** One question, its answer compared with the oracle. */
export async function ask(
  stage: Stage,
  product: OracleProduct,
  asked: Asked,
  query: Readonly<Record<string, string>> = {},
): Promise<RowsAnswer> {
  const { deployment, counters } = stage;
  const log = logOf(stage, product.source);
  const request = requestOf({
    params: { name: product.name },
    query: namesOf(product, { limit: '10000', layer: asked.layer, ...query }),
  });
  const before = log.end();
  const isStray = () => stage.losses.strays.has(TOPICS.events(product.source));
  const wasStray = isStray();
  const response = await deployment
    .ask('serving', 'GET', '/v1/products/:name/rows', request)
    .catch((error: unknown) => {
      throw isAway(stage, product.name, error) ? new Gone() : error;
    });
  const answer = bodyOf(response) as RowsAnswer;
  if (!stage.losses.knowsRepeats(log)) {
    counters.add('answers not compared: repeats of what is gone');
    return answer;
  }
  const past = (rows: number) => rows > 0 && counters.add(SEEN.past);
  counters.add('rows compared', checkRows(product, log, answer, { ...asked, past }));
  if (product.name === AWKWARD_COLUMNS && answer.rows.length > 0) counters.add(SEEN.awkward);
  const away = awayIn(answer.answer);
  counters.add(`answers compared (${asked.layer})`);
  if (away !== null) counters.add(`answers without the ${away} layer`);
  else if (answer.answer.topology === 'lambda-separate') counters.add('answers of layers apart');
  // The end of another topic is taken for its end, until that is noticed.
  if (!wasStray && !isStray()) checkBehind(product.source, answer, before, log.end());
  stage.past.note(product, asked.layer, query, answer);
  return answer;
}

/** Parameters that a product has no column of as they are. */
function namesOf(product: OracleProduct, query: Readonly<Record<string, string>>) {
  if (product.name !== AWKWARD_COLUMNS) return query;
  const prefixed = Object.entries(query).map(([name, text]) => [
    name.startsWith('where.') ? name : `option.${name}`,
    text,
  ]);
  return Object.fromEntries(prefixed) as Readonly<Record<string, string>>;
}

/** The product that comes and goes is not there now, as far as this instance of serving knows. */
export const isAway = ({ scenario }: Stage, name: string, error: unknown) =>
  name === scenario.wanderer?.name && error instanceof HttpProblem && error.code === 'unknown-product';

function checkBehind(source: string, answer: RowsAnswer, before: Vector, after: Vector): void {
  const { behind, included, status } = answer.answer;
  // It says that it does not know.
  if (status === 'incomplete') return;
  const count = (end: Vector) =>
    Object.entries(end).reduce((sum, [p, next]) => sum + Math.max(0, next - (included[source]?.[p] ?? 0)), 0);
  if (behind < count(before) || behind > count(after))
    throw new Wrong(`behind is ${behind}, should be from ${count(before)} to ${count(after)}`);
}

/** Asks all the time; what it has seen once it must see ever after. */
export async function askAll(stage: Stage): Promise<void> {
  const { simulation, random, outside, scenario, counters } = stage;
  const seen = new Map<string, Vector>();
  while (!stage.isOver()) {
    await simulation.sleep(outside, random.int(1, stage.pauses.clients ? 200 : 50));
    const { oracle } = random.pick(scenario.products);
    try {
      if (random.chance(0.15)) {
        await askLedger(stage);
        continue;
      }
      if (random.chance(0.25)) {
        await stage.past.askAgain(stage);
        continue;
      }
      const layer = random.pick(['merged', 'merged', 'batch', 'speed'] as const);
      const { query, wanted } = filter(oracle, random);
      const answer = await ask(stage, oracle, { layer, wanted }, query);
      if (answer.rows.length > 0 && layer === 'merged' && answer.answer.generation > 0)
        counters.add('answers from both layers');
      goesOn(seen, oracle, layer, answer);
    } catch (error) {
      if (!isPassing(error)) throw error;
    }
  }
}

function goesOn(
  seen: Map<string, Vector>,
  { name, source }: OracleProduct,
  layer: Layer,
  answer: RowsAnswer,
): void {
  // With a layer away it says less, and says so.
  if (awayIn(answer.answer) !== null) return;
  const key = `${name} ${layer === 'batch' ? 'cut' : 'included'}`;
  const included = answer.answer.included[source] ?? {};
  for (const [partition, next] of Object.entries(seen.get(key) ?? {}))
    if ((included[partition] ?? 0) < next)
      throw new Wrong(`${key} went back from ${next} to ${included[partition]} in partition ${partition}`);
  seen.set(key, included);
}

/** Some questions are for a part of the cells. */
function filter(product: OracleProduct, random: Random) {
  const everything = { query: {}, wanted: () => true };
  if (!random.chance(0.3)) return everything;
  const dimension = product.keyColumns.findIndex((_, part) => part > 0 || product.windowMicros === null);
  if (dimension >= 0 && random.chance(0.5)) {
    const airport = random.pick(['ATL', 'ORD', 'LAX', 'SFO', 'XXX']);
    return {
      query: {
        [`${product.name === AWKWARD_COLUMNS ? 'where.' : ''}${product.keyColumns[dimension]}`]: airport,
      },
      wanted: (key: readonly Cell[]) => key[dimension] === airport,
    };
  }
  if (product.windowMicros === null) return everything;
  const from = new Date(Date.UTC(2001, random.int(0, 5), random.int(1, 28), random.int(0, 23))).toISOString();
  const [name, keep] = random.pick([
    ['from', (start: string) => Date.parse(start) >= Date.parse(from)],
    ['to', (start: string) => Date.parse(start) < Date.parse(from)],
  ] as const);
  return { query: { [name]: from }, wanted: (key: readonly Cell[]) => keep(String(key[0])) };
}

export async function askLedger(stage: Stage): Promise<void> {
  const { deployment, scenario, counters } = stage;
  const response = await deployment.ask('serving', 'GET', '/v1/ledger', requestOf({}));
  const { products } = bodyOf(response) as { products: LedgerAnswer[] };
  for (const { oracle } of scenario.products) {
    const answer = products.find(({ product }) => product === oracle.name);
    if (answer === undefined && scenario.wanderer?.name === oracle.name) continue;
    if (answer === undefined) throw new Wrong(`the ledger lacks ${oracle.name}`);
    const log = logOf(stage, oracle.source);
    if (stage.losses.knowsRepeats(log)) checkLedger(oracle, log, answer);
    counters.add('ledgers compared');
  }
}

/** Asks for a cut, and does not mind if there is none. */
export async function cut({ deployment, counters }: Stage, full: boolean): Promise<void> {
  const request = requestOf({ query: { full: String(full) } });
  try {
    await deployment.ask('ingestion', 'POST', '/v1/cuts', request);
    counters.add(full ? 'full cuts' : 'cuts');
  } catch (error) {
    if (!isPassing(error)) throw error;
  }
}

/** Cuts at random moments, some of them full, some waiting until they are served. */
export async function cutAtRandom(stage: Stage): Promise<void> {
  const { simulation, random, outside, deployment, counters } = stage;
  while (!stage.isOver()) {
    await simulation.sleep(outside, random.int(5, 80));
    if (stage.pauses.cuts) continue;
    const full = random.chance(0.25);
    const wait = random.chance(0.3);
    const query = { full: String(full), wait: String(wait), timeout: '2000' };
    const before = new Map([...stage.logs].map(([source, log]) => [source, log.acknowledgedUpTo()]));
    try {
      const response = await deployment.ask('ingestion', 'POST', '/v1/cuts', requestOf({ query }));
      counters.add(full ? 'full cuts' : 'cuts');
      if (wait) await checkServed(stage, (bodyOf(response) as { epoch: number }).epoch, before);
    } catch (error) {
      if (!isPassing(error)) throw error;
    }
  }
}

/** What was acknowledged before the cut was asked for is behind it. */
async function checkServed(stage: Stage, epoch: number, before: ReadonlyMap<string, Vector>): Promise<void> {
  for (const { oracle } of stage.scenario.products) {
    // Where it was not declared when the cut was asked for, it is not waited for.
    if (oracle.name === stage.scenario.wanderer?.name) continue;
    const { answer } = await ask(stage, oracle, { layer: 'batch' });
    if (answer.generation < epoch)
      throw new Wrong(`${oracle.name} serves ${answer.generation} after cut ${epoch} was said to be served`);
    for (const [partition, next] of Object.entries(before.get(oracle.source) ?? {}))
      if ((answer.cut[oracle.source]?.[partition] ?? 0) < next)
        throw new Wrong(
          `${oracle.name}: ${partition}/${next} was acknowledged before cut ${epoch}, which lies at ${JSON.stringify(answer.cut)}`,
        );
  }
  stage.counters.add('cuts waited for');
}
