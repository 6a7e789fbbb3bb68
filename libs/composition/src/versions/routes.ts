/** What can be asked of the life of products' versions over HTTP, of any process: one without the store asks one that has it. */
import { SUBJECTS } from '@tenon/contracts';
import type { Value } from '@tenon/domain';
import { TOPOLOGIES } from '@tenon/domain';
import { HttpProblem } from '@tenon/errors';
import type { Bus, HttpRequest, HttpResponse, Route, Subscription } from '@tenon/ports';
import { readRule } from './restate';
import type { Step, StepAnswer, StepDeps, StepOptions } from './step';
import { STEPS } from './step';
import { takeStep } from './steps';

/** A promote may wait for a version to catch up, milliseconds. */
const ASK_MS = 20_000;

type StepRoute = Omit<Route, 'handle'> & { readonly step: Step };

const ROUTES: readonly StepRoute[] = [
  {
    step: 'promote',
    method: 'POST',
    path: '/v1/products/:name/promote',
    query: ['version', 'if'],
  },
  { step: 'rollback', method: 'POST', path: '/v1/products/:name/rollback', query: [] },
  { step: 'reprocess', method: 'POST', path: '/v1/products/:name/reprocess', query: ['promote', 'throttle'] },
  { step: 'restate', method: 'POST', path: '/v1/products/:name/restate', query: ['promote', 'throttle'] },
  { step: 'switch', method: 'POST', path: '/v1/products/:name/switch', query: ['topology'] },
  { step: 'pause', method: 'POST', path: '/v1/products/:name/pause', query: [] },
  { step: 'resume', method: 'POST', path: '/v1/products/:name/resume', query: [] },
  { step: 'throttle', method: 'POST', path: '/v1/products/:name/throttle', query: ['throttle'] },
  { step: 'cancel', method: 'POST', path: '/v1/products/:name/cancel', query: [] },
  { step: 'drop', method: 'POST', path: '/v1/products/:name/drop', query: ['version'] },
];

/** @param steps of a process that has the store; else another one is asked over the bus */
export function versionRoutes(bus: Bus, steps: StepDeps | null): Route[] {
  return ROUTES.map(({ step, ...route }) => ({
    ...route,
    handle: (request) => answerOf(request, step, bus, steps),
  }));
}

/** What is asked for goes on behind the answer. */
const LASTING: readonly Step[] = ['reprocess', 'restate', 'switch'];

async function answerOf(
  request: HttpRequest,
  step: Step,
  bus: Bus,
  steps: StepDeps | null,
): Promise<HttpResponse> {
  const name = request.params.name ?? '';
  const asked = optionsOf(step, request.query);
  const options = step === 'restate' ? { ...asked, rule: await readRule(request) } : asked;
  const json =
    steps === null ? await askAnother(bus, name, step, options) : await takeStep(steps, name, step, options);
  return { status: LASTING.includes(step) ? 202 : 200, json };
}

function optionsOf(step: Step, query: Readonly<Record<string, string>>): StepOptions {
  const { version, promote, throttle, if: condition, topology: asked } = query;
  if (version !== undefined && !/^[1-9]\d{0,5}$/.test(version))
    throw bad('version', 'version is the number of a version, from 1 on.');
  if (step === 'drop' && version === undefined) throw bad('version', 'version says which one is dropped.');
  const topology = TOPOLOGIES.find((one) => one === asked);
  if (step === 'switch' && topology === undefined)
    throw bad('topology', `topology is one of ${TOPOLOGIES.join(', ')}.`);
  return {
    ...(topology !== undefined && { topology }),
    ...(version !== undefined && { version: Number(version) }),
    ...(condition !== undefined && { condition }),
    ...(throttle !== undefined && { throttle: rateOf(throttle) }),
    auto: flag('promote', promote),
  };
}

/** @throws HttpProblem 400 */
export function rateOf(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw bad('throttle', 'throttle is how many events a second, from 1 on.');
}

/** @throws HttpProblem 400 */
export function flag(parameter: string, text = 'false'): boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  throw bad(parameter, `${parameter} is "true" or "false".`);
}

const bad = (parameter: string, detail: string) =>
  new HttpProblem(400, 'bad-parameter', detail, { parameter });

interface Asked {
  readonly v: 1;
  readonly product: string;
  readonly step: Step;
  readonly options: StepOptions;
}

type Reply =
  | { readonly v: 1; readonly answer: StepAnswer }
  | {
      readonly v: 1;
      readonly problem: {
        readonly status: number;
        readonly code: string;
        readonly detail: string;
        readonly extra: Readonly<Record<string, unknown>>;
      };
    };

async function askAnother(bus: Bus, product: string, step: Step, options: StepOptions): Promise<StepAnswer> {
  const asked: Asked = { v: 1, product, step, options };
  const [reply] = (await bus.request(SUBJECTS.askVersions, asked as unknown as Value, {
    timeoutMs: ASK_MS,
    max: 1,
  })) as unknown as readonly Reply[];
  if (reply === undefined)
    throw new HttpProblem(
      503,
      'versions-unanswered',
      'No instance that has the store answers, or NATS is away.',
      {},
      { 'retry-after': '5' },
    );
  if ('answer' in reply) return reply.answer;
  const { status, code, detail, extra } = reply.problem;
  throw new HttpProblem(status, code, detail, extra);
}

/** Answers processes that have no store. */
export function answerSteps(bus: Bus, steps: StepDeps): Promise<Subscription> {
  return bus.respond(
    SUBJECTS.askVersions,
    async ({ payload }) => (await replyOf(steps, payload)) as unknown as Value,
    { group: 'tenon-versions' },
  );
}

async function replyOf(steps: StepDeps, payload: Value): Promise<Reply> {
  try {
    const { v, product, step, options } = (payload ?? {}) as Partial<Asked>;
    if (v !== 1 || typeof product !== 'string' || step === undefined || !STEPS.includes(step))
      throw new HttpProblem(400, 'bad-request', 'This release does not know such a step.');
    return { v: 1, answer: await takeStep(steps, product, step, options ?? {}) };
  } catch (error) {
    if (!(error instanceof HttpProblem)) throw error;
    const { status, code, detail, extra } = error;
    return { v: 1, problem: { status, code, detail, extra } };
  }
}
