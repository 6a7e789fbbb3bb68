/**
 * `npm run test:mutations [-- TEXT]`: changes one line of the protocol at a time, in a copy, and runs the specs beside it. Each
 * change must be found, but for those that say why none can. With a text only those whose file or meaning has it.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { LANDING } from './landing';
import { LAYERS } from './layers';
import type { Mutation } from './mutation';
import { RULES } from './rules';

const ROOT = resolve(__dirname, '../..');
const COPIED = ['libs', 'tools/jest', 'jest.preset.cjs', 'tsconfig.base.json', 'package.json'];
/** As many at a time as there are copies. */
const COPIES = 2;
/** Ends what a changed line made endless. */
const LIMIT_MS = 120_000;

type Outcome = 'found' | 'not found' | 'equal' | 'found, though it is said to be equal' | 'does not apply';

interface Judged {
  readonly mutation: Mutation;
  readonly outcome: Outcome;
}

const isWell = (outcome: Outcome) => outcome === 'found' || outcome === 'equal';

function copy(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tenon-mutations-'));
  for (const name of COPIED) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  // One project: as one of many, each would run the specs that are named.
  const config = "module.exports = require('./jest.preset.cjs')('mutations', __dirname);\n";
  writeFileSync(join(folder, 'jest.config.cjs'), config);
  return folder;
}

/** @returns true if the specs pass */
function passes(
  folder: string,
  specs: readonly string[],
  stdio: 'ignore' | 'inherit' = 'ignore',
): Promise<boolean> {
  const jest = join(ROOT, 'node_modules/jest/bin/jest.js');
  const args = [jest, '--rootDir', folder, '--bail', '--silent', '--runTestsByPath', ...specs];
  const child = spawn(process.execPath, args, { cwd: folder, stdio, timeout: LIMIT_MS });
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (code) => done(code === 0));
  });
}

async function judge(folder: string, mutation: Mutation): Promise<Outcome> {
  const file = join(folder, mutation.file);
  const before = readFileSync(file, 'utf8');
  const parts = before.split(mutation.was);
  if (parts.length !== 2) return 'does not apply';
  writeFileSync(file, parts.join(mutation.is));
  try {
    const passed = await passes(folder, mutation.specs);
    if (mutation.equal === undefined) return passed ? 'not found' : 'found';
    return passed ? 'equal' : 'found, though it is said to be equal';
  } finally {
    writeFileSync(file, before);
  }
}

async function main(wanted: string): Promise<number> {
  const mutations: Mutation[] = [...RULES, ...LANDING, ...LAYERS].filter(
    ({ file, means }) => file.includes(wanted) || means.includes(wanted),
  );
  const folders = Array.from({ length: COPIES }, copy);
  const judged: Judged[] = [];
  try {
    const specs = [...new Set(mutations.flatMap((mutation) => mutation.specs))];
    if (!(await passes(folders[0] as string, specs, 'inherit')))
      throw new Error('The specs fail without a change.');
    const left = [...mutations];
    const work = async (folder: string) => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        const outcome = await judge(folder, next);
        judged.push({ mutation: next, outcome });
        const count = `${judged.length}/${mutations.length}`.padStart(7);
        console.log(
          `${count} ${isWell(outcome) ? ' ' : '!'} ${outcome.padEnd(10)} ${next.file}: ${next.means}`,
        );
      }
    };
    await Promise.all(folders.map(work));
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
  return report(judged);
}

function report(judged: readonly Judged[]): number {
  const missed = judged.filter(({ outcome }) => !isWell(outcome));
  const found = judged.filter(({ outcome }) => outcome === 'found').length;
  const equal = judged.filter(({ outcome }) => outcome === 'equal').length;
  console.log(`\n${judged.length} changes: ${found} found, ${equal} equal by reason, ${missed.length} amiss`);
  for (const { mutation, outcome } of missed)
    console.log(
      `  ${outcome}: ${mutation.file}: ${mutation.means}\n    - ${mutation.was}\n    + ${mutation.is}`,
    );
  return missed.length === 0 ? 0 : 1;
}

void main(process.argv[2] ?? '').then((code) => process.exit(code));
