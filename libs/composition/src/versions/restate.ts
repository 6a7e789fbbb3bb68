/** A version that is built of the served definition with events left out, or replaced. */
import type { Plan, Restatement, RestatementRule, SourceDefinition } from '@tenon/domain';
import { parseTimestamp, restatedSql } from '@tenon/domain';
import { HttpProblem, Refusal } from '@tenon/errors';
import type { Engine, HttpRequest } from '@tenon/ports';
import { z } from 'zod';
import { definitionOf } from './running';

/** What a person writes, and a list of some thousand ids. */
const MOST_BYTES = 1 << 20;

const sql = z.string().min(1).max(20_000);
const names = z.array(z.string().min(1).max(1024)).min(1).max(10_000);
const time = z.string().transform((text, context) => {
  const micros = parseTimestamp(text);
  if (micros !== undefined) return micros;
  context.addIssue(`${JSON.stringify(text)} is no RFC 3339 time`);
  return z.NEVER;
});

const BODY = z.strictObject({
  ids: z.exactOptional(names),
  correlationIds: z.exactOptional(names),
  where: z.exactOptional(sql),
  from: z.exactOptional(time),
  to: z.exactOptional(time),
  replace: z.exactOptional(z.record(z.string(), sql)),
});

/** @throws HttpProblem 400 `bad-restatement`, 413 */
export async function readRule(request: Pick<HttpRequest, 'readBody'>): Promise<RestatementRule> {
  const text = new TextDecoder().decode(await request.readBody(MOST_BYTES));
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw bad('The body is no JSON.');
  }
  const parsed = BODY.safeParse(body);
  if (!parsed.success)
    throw bad(
      parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`).join('; '),
    );
  const { ids, correlationIds, where, from, to, replace } = parsed.data;
  if ([ids, correlationIds, where, from, to].every((one) => one === undefined))
    throw bad('It names no event: ids, correlationIds, where, from, to.');
  if (from !== undefined && to !== undefined && from >= to)
    throw bad('from is not before to: no event has such a time.');
  if (replace !== undefined && Object.keys(replace).length === 0) throw bad('replace names no column.');
  return parsed.data;
}

/**
 * @param served the plan that is served; rules that it has hold on
 * @throws HttpProblem 400 `bad-restatement` with what is wrong with the SQL
 */
export async function restatedPlan(
  engine: Pick<Engine, 'plan'>,
  source: SourceDefinition,
  served: Plan,
  version: number,
  rule: RestatementRule,
): Promise<Plan> {
  const { restated, engine: read } = served;
  const columns = read.columns.map(({ name }) => name);
  const unread = Object.keys(rule.replace ?? {}).filter((name) => !columns.includes(name));
  if (unread.length > 0)
    throw bad(`${served.product} does not read ${unread.join(', ')}. It reads ${columns.join(', ')}.`);
  const restatement: Restatement = {
    of: served.version,
    sql: restated?.sql ?? served.sql,
    rules: [...(restated?.rules ?? []), rule],
  };
  const planned = (rules: readonly RestatementRule[]) => {
    const sql = restatedSql(source.name, columns, { ...restatement, rules });
    return engine.plan(source, { ...definitionOf(served, version), sql });
  };
  try {
    return { ...(await planned(restatement.rules)), restated: restatement };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const at = await faultyPart(rule, (part) => planned([...(restated?.rules ?? []), part]));
    const { problems } = at?.refusal ?? error;
    const said = problems.map(({ message }) => message).join(' ');
    throw bad(at === undefined ? said : `${at.name}: ${said}`, problems[0]?.hint);
  }
}

/** Which text of a rule is refused, tried one by one; undefined where none is by itself. */
async function faultyPart(
  { where, replace = {} }: RestatementRule,
  planned: (rule: RestatementRule) => Promise<unknown>,
): Promise<{ readonly name: string; readonly refusal: Refusal } | undefined> {
  const parts: [string, RestatementRule][] = [
    ...(where === undefined ? [] : [['where', { where }] as [string, RestatementRule]]),
    ...Object.entries(replace).map(([column, text]): [string, RestatementRule] => [
      `replace ${column}`,
      { replace: { [column]: text } },
    ]),
  ];
  for (const [name, part] of parts) {
    try {
      await planned(part);
    } catch (error) {
      if (error instanceof Refusal) return { name, refusal: error };
      throw error;
    }
  }
  return undefined;
}

const bad = (detail: string, hint?: string) =>
  new HttpProblem(400, 'bad-restatement', detail, hint === undefined ? {} : { hint });
