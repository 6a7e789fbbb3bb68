/** Suites that are not there, with what is wrong with them; apart from the spec, which would be taken for one of them. */
const CONTRACT = "import { describeBusContract, uniqueName } from '@tenon/testing';\n";
const SERVERS = "const url = process.env['TENON_NATS_URL'];\n";
const PROCESS = "import { spawn } from 'node:child_process';\n";

/** Path, text, and what must be said of it. */
export const EXAMPLES: readonly [string, string, string | null][] = [
  ['libs/domain/src/a.spec.ts', '', null],
  ['libs/adapters/x/src/a.contract.spec.ts', CONTRACT + SERVERS, null],
  ['apps/e2e/src/a.scenario.spec.ts', PROCESS, null],
  ['apps/e2e/src/a.real.spec.ts', SERVERS, null],
  ['libs/domain/src/a.faults.spec.ts', '', '"faults" is no kind'],
  ['libs/adapters/x/src/a.spec.ts', CONTRACT, 'so it is x.contract.spec.ts'],
  ['libs/adapters/x/src/a.contract.spec.ts', '', 'so it is no contract'],
  ['apps/e2e/src/a.spec.ts', '', 'is in apps/e2e'],
  ['apps/e2e/src/a.contract.spec.ts', CONTRACT, 'is in apps/e2e'],
  ['libs/adapters/x/src/a.scenario.spec.ts', SERVERS, 'so it is x.real.spec.ts'],
  ['apps/e2e/src/real/a.real.spec.ts', '', 'asks for no server'],
  ['libs/runtime/src/a.spec.ts', PROCESS, 'so it is x.scenario.spec.ts'],
  ['libs/composition/src/a.spec.ts', 'await startHost({});\n', 'so it is x.scenario.spec.ts'],
];
