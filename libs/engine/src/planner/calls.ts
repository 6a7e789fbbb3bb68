/** Calls whose work or whose result grows faster than what they are given, and what a lambda sees of its surroundings. */
import { type Ast, type AstValue, rewrite, withAlias } from '../sql/ast';
import { FAMILIES, LAMBDAS } from './guards';
import { isConstant } from './window';

export const argumentsOf = (call: Ast): Ast[] => (call['children'] as Ast[] | undefined) ?? [];

export const nameOf = (call: Ast): string => String(call['function_name']).toLowerCase();

export const lambdaOf = (call: Ast): Ast | undefined =>
  call['class'] === 'FUNCTION' && LAMBDAS.test(nameOf(call))
    ? argumentsOf(call).find((one) => one['class'] === 'LAMBDA')
    : undefined;

export const isBig = (node: Ast): boolean =>
  node['class'] === 'CAST' && (node['cast_type'] as Ast | undefined)?.['id'] === 'BIGNUM';

const isInterval = (step: Ast): boolean => {
  const { id } = (step['cast_type'] ?? {}) as { id?: unknown };
  return id === 'INTERVAL' || String(step['function_name'] ?? '').startsWith('to_');
};

/** The text of a constant. */
export function textIn(node: Ast | undefined): string | undefined {
  const { value } = (node?.['class'] === 'CONSTANT' ? node['value'] : {}) as { value?: unknown };
  return typeof value === 'string' && !value.startsWith('\u0000') ? value : undefined;
}

/** What bounds a call, by the names of guards. */
export function kindsOf(node: Ast): readonly string[] {
  if (isBig(node)) return ['digits'];
  if (node['class'] !== 'FUNCTION') return [];
  const args = argumentsOf(node);
  const family = FAMILIES.get(nameOf(node));
  const [, second, third, fourth] = args;
  switch (family) {
    case undefined:
      return lambdaOf(node) === undefined ? [] : ['lambda'];
    case 'printf':
    case 'format':
      return [family];
    case 'series':
      return [`${args.length === 3 && isInterval(third as Ast) ? 'times' : family}/${args.length}`];
    case 'pad':
    case 'bits':
    case 'resize':
      return isConstant(second as Ast) ? [] : [`${family}/${args.length}`];
    case 'find':
      return second !== undefined && isConstant(second) ? [] : ['find/2'];
    case 'searched':
      return isLinear(textIn(second)) ? [] : [`searched/${args.length}`];
    case 'grown': {
      const long = textIn(third) === undefined || (textIn(third) as string).length > 16;
      const again = fourth !== undefined && textIn(fourth)?.includes('g') !== false;
      return [
        ...(long && again ? [`grown/${args.length}`] : []),
        ...(again && !isLinear(textIn(second)) ? ['searched/2'] : []),
      ];
    }
    case 'replace': {
      const [from, to] = [textIn(second), textIn(third)];
      const bounded = to !== undefined && to.length <= 8 * Math.max(1, (from ?? '').length);
      return bounded ? [] : ['replace/3'];
    }
    case 'brackets':
      return second === undefined ? ['brackets/1'] : ['brackets/2', 'second/2'];
    case 'like':
      return ['like/2'];
    case 'glob':
      return (textIn(second)?.replace(/\*+$/, '').split(/\*+/).length ?? 3) <= 2 ? [] : ['glob/2'];
    default:
      return [`${family}/${args.length}`];
  }
}

/**
 * Whether all places of a pattern are found in time that grows as the text does: once one is found nothing of the search goes on. An
 * alternative or an optional part with a repetition in it may be looked for far behind.
 */
const isLinear = (pattern: string | undefined): boolean =>
  pattern !== undefined && !(/[|]|\)[?*{+]/.test(pattern) && /[*+]|\{\d+,\}/.test(pattern));

/** Columns that a lambda sees from outside of it. */
export function capturedBy(lambda: Ast): Ast[] {
  const own = parametersOf(lambda);
  const found = new Map<string, Ast>();
  rewrite(lambda['expr'], (node) => {
    if (node['class'] === 'LAMBDA') {
      const inner = parametersOf(node);
      for (const one of capturedBy(node)) if (!inner.has(headOf(one))) keep(one);
      return node;
    }
    if (node['class'] === 'COLUMN_REF') keep(node);
    return undefined;
  });
  function keep(one: Ast): void {
    if (!own.has(headOf(one))) found.set((one['column_names'] as string[]).join('.'), withAlias(one, ''));
  }
  return [...found.values()];
}

export const headOf = (ref: Ast): string => String((ref['column_names'] as string[])[0]).toLowerCase();

export function parametersOf(lambda: Ast): Set<string> {
  const names = new Set<string>();
  rewrite(lambda['lhs'], (node) => {
    if (node['class'] === 'COLUMN_REF') names.add(headOf(node));
    return undefined;
  });
  return names;
}

/** Whether a query has such functions at all. */
export function amplifies(query: AstValue): boolean {
  let found = false;
  rewrite(query, (node) => {
    found ||= kindsOf(node).length > 0;
    return undefined;
  });
  return found;
}
