/** Whether a suite has the kind that its file's name says, as far as its place and its imports tell. */
import { KINDS, kindOf } from './kinds';

const USES_A_CONTRACT = /\bdescribe\w+Contract\b[^;]*from '(@tenon\/testing|\.\/[\w-]+-contract)'/;
/** A server of the environment, or a helper that asks for all three. */
const NEEDS_SERVERS = /process\.env\['TENON_(KAFKA_BROKERS|NATS_URL|MONGODB_URL)'\]|\bdescribeOnServers\b/;
/** Processes beside this one, or several services in it. */
const RUNS_SEVERAL = /from 'node:child_process'|\bstart(Host|Up|Browser)\(/;

/** @param path in the repository. @returns what is wrong, and what to do */
export function judge(path: string, text: string): string[] {
  const kind = kindOf(path);
  if (!Object.hasOwn(KINDS, kind))
    return [`"${kind}" is no kind of suite: it is one of ${Object.keys(KINDS).join(', ')}`];
  const is = (...kinds: readonly string[]) => kinds.includes(kind);
  const problems: string[] = [];
  if (USES_A_CONTRACT.test(text) !== is('contract'))
    problems.push(
      is('contract')
        ? 'runs no suite of @tenon/testing, so it is no contract'
        : 'runs a suite of @tenon/testing, so it is x.contract.spec.ts',
    );
  if (path.startsWith('apps/e2e/') && !is('scenario', 'real'))
    problems.push('is in apps/e2e, so it is x.scenario.spec.ts or x.real.spec.ts');
  if (NEEDS_SERVERS.test(text) && !is('contract', 'real'))
    problems.push('asks for servers, so it is x.real.spec.ts');
  if (!NEEDS_SERVERS.test(text) && is('real')) problems.push('asks for no server, so it is not real');
  // Tools are programs about programs: what they start is what they are about.
  if (RUNS_SEVERAL.test(text) && !path.startsWith('tools/') && !is('scenario', 'real'))
    problems.push('runs several services or processes, so it is x.scenario.spec.ts');
  return problems;
}
