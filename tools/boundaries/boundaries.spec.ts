/**
 * The layout is only as real as the rule that keeps it: forbidden imports are written into a scratch copy of the
 * workspace, and lint must refuse each of them.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');

const TYPES_ONLY = 'no-restricted-syntax Ports hold types and interfaces only';

/** File to write, its text, and what lint must say of it. */
const FORBIDDEN = [
  [
    'libs/domain/src/a.ts',
    "import { TOPICS } from '@tenon/contracts';\nexport const a = TOPICS;\n",
    'Circular dependency|A project tagged with "type:domain"',
  ],
  [
    'libs/domain/src/b.ts',
    "import { readFileSync } from 'node:fs';\nexport const b = readFileSync;\n",
    'no-restricted-imports',
  ],
  [
    'libs/domain/src/c.ts',
    'export const c = () => Date.now() + Math.random();\n',
    'no-restricted-properties',
  ],
  [
    'libs/services/speed/src/d.ts',
    "import { createServing } from '@tenon/service-serving';\nexport const d = createServing;\n",
    'A project tagged with "type:service"',
  ],
  [
    'libs/services/speed/src/e.ts',
    "import { createFileEventLog } from '@tenon/adapters-embedded';\nexport const e = createFileEventLog;\n",
    'A project tagged with "type:service"',
  ],
  [
    'libs/services/batch/src/f.ts',
    "import { open } from 'lmdb';\nexport const f = open;\n",
    'no-restricted-imports',
  ],
  [
    'libs/leases/src/g.ts',
    'export const g = () => setTimeout(() => new Date(), 1);\n',
    'no-restricted-globals',
  ],
  [
    'libs/engine/src/h.ts',
    "import { createSpeed } from '@tenon/service-speed';\nexport const h = createSpeed;\n",
    'A project tagged with "type:engine"',
  ],
  [
    'libs/composition/src/i.ts',
    "import { dashboardStatics } from '@tenon/dashboard';\nexport const i = dashboardStatics;\n",
    'A project tagged with "type:composition"',
  ],
  [
    'libs/runtime/src/j.ts',
    "import { startHost } from '@tenon/composition';\nexport const j = startHost;\n",
    'Circular dependency|A project tagged with "type:runtime"',
  ],
  [
    'libs/ports/src/k.ts',
    "import type { MessageName } from '@tenon/contracts';\nexport type K = MessageName;\n",
    'A project tagged with "type:ports"',
  ],
  [
    'libs/errors/src/l.ts',
    "import { TOPICS } from '@tenon/contracts';\nexport const l = TOPICS;\n",
    'Circular dependency|A project tagged with "type:errors"',
  ],
  [
    'libs/telemetry/src/m.ts',
    "import { TenonError } from '@tenon/errors';\nexport const m = TenonError;\n",
    'A project tagged with "type:telemetry"',
  ],
  ['libs/ports/src/n.ts', 'export const n = 1;\n', TYPES_ONLY],
  ['libs/ports/src/o.ts', 'export class O {}\n', TYPES_ONLY],
  ['libs/ports/src/p.ts', 'export declare class P {}\n', TYPES_ONLY],
  ['libs/ports/src/q.ts', 'export enum Q {\n  One,\n}\n', TYPES_ONLY],
  ['libs/ports/src/r.ts', 'const r = 1;\nexport type R = typeof r;\n', TYPES_ONLY],
  ['libs/ports/src/s.ts', "export { foldCell } from '@tenon/domain';\n", TYPES_ONLY],
  ['libs/ports/src/t.ts', "export * from '@tenon/domain';\n", TYPES_ONLY],
  ['libs/ports/src/u.ts', 'export default 1;\n', TYPES_ONLY],
] as const;

describe('the boundaries of the layout', () => {
  let scratch: string;
  let output: string;

  beforeAll(() => {
    scratch = realpathSync(mkdtempSync(join(tmpdir(), 'tenon-boundaries-')));
    for (const part of [
      'apps',
      'libs',
      'tools',
      'package.json',
      'package-lock.json',
      'nx.json',
      'tsconfig.base.json',
      'tsconfig.json',
      'eslint.config.mjs',
      'jest.preset.cjs',
      'jest.config.cjs',
      '.gitignore',
    ])
      cpSync(join(ROOT, part), join(scratch, part), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(scratch, 'node_modules'));
    for (const [file, text] of FORBIDDEN) writeFileSync(join(scratch, file), text);
    const env = { ...process.env, NX_DAEMON: 'false', NODE_ENV: 'development', NODE_OPTIONS: '' };
    const bin = (name: string, args: string[]) =>
      spawnSync(join(ROOT, 'node_modules/.bin', name), args, { cwd: scratch, env, encoding: 'utf8' });
    bin('nx', ['show', 'projects']);
    const lint = bin('eslint', ['--format', 'json', ...FORBIDDEN.map(([file]) => file)]);
    output = lint.stdout.slice(lint.stdout.indexOf('['));
  });

  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  it.each(FORBIDDEN)('refuse %s', (file, _text, expected) => {
    const results = JSON.parse(output) as {
      filePath: string;
      messages: { ruleId: string; message: string }[];
    }[];
    const found = results.find((result) => result.filePath === join(scratch, file));
    expect(found?.messages.map((one) => `${one.ruleId} ${one.message}`).join('\n')).toMatch(
      new RegExp(expected),
    );
  });
});
