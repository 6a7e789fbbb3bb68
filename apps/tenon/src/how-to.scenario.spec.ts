/** The pages of docs/how-to, run: files are written, commands end well, and print what stands below them. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Host } from '@tenon/composition';
import { SERVICES, startHost } from '@tenon/composition';
import { createLogger, readSettings } from '@tenon/runtime';
import { parse } from 'yaml';
import { runLine } from './run.fixture';
const PAGES = join(__dirname, '../../../docs/how-to');
const EXAMPLE = 'README.md';
const TENON = join(__dirname, '../bin/tenon.js');

interface Block {
  readonly language: string;
  readonly file: string;
  readonly text: string;
}

const blocksOf = (page: string): Block[] =>
  [...readFileSync(join(PAGES, page), 'utf8').matchAll(/^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm)].map(
    ([, language = '', file = '', text = '']) => ({ language, file, text }),
  );

let directory: string;
let before: string;
let host: Host | null = null;
const environment = { ...process.env };

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tenon-how-to-'));
  before = process.cwd();
  process.chdir(directory);
  process.env['XDG_STATE_HOME'] = join(directory, 'state');
});
afterEach(async () => {
  process.chdir(before);
  process.env = { ...environment };
  await host?.stop();
  host = null;
  rmSync(directory, { recursive: true, force: true });
});

async function mustRun(): Promise<void> {
  host ??= await startHost({
    ...{ services: SERVICES, supervised: true, data: join(directory, 'data') },
    settings: readSettings({ TENON_CATALOG: 'catalog', TENON_PORT: '0', TENON_CUT_EVERY: 'off' }),
    logger: createLogger({ level: 'silent', name: 'test' }),
  });
  process.env['TENON_URL'] = host.url;
}

/** As a shell reads a line of the pages: words, and words in quotes. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, word]) => single ?? double ?? word ?? '',
  );

const plain = (text: string) => text.replace(/[ \t]+/g, ' ').trim();

/** The steps of a workflow that are this command's, by a shell as CI runs them. @returns the summary that they write */
async function runWorkflow(text: string): Promise<string> {
  await mustRun();
  const { jobs } = parse(text) as { jobs: Record<string, { steps: { run?: string }[] }> };
  const runs = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
  const npx = join(directory, 'bin', 'npx');
  mkdirSync(dirname(npx), { recursive: true });
  writeFileSync(npx, `#!/bin/sh\nshift\nexec '${process.execPath}' '${TENON}' "$@"\n`, { mode: 0o755 });
  const summary = join(directory, 'summary.md');
  writeFileSync(summary, '');
  // A command that Jest runs does not begin by itself.
  const { JEST_WORKER_ID: _, ...inherited } = process.env;
  const env = {
    ...inherited,
    ...{ PATH: `${dirname(npx)}:${inherited['PATH']}`, GITHUB_STEP_SUMMARY: summary },
  };
  const ours = runs.filter((run) => run.startsWith('npx tenon'));
  expect(ours.length).toBeGreaterThan(0);
  for (const run of ours) await promisify(execFile)('bash', ['-e', '-c', run], { cwd: directory, env });
  return readFileSync(summary, 'utf8');
}

async function play(page: string): Promise<void> {
  let written = '';
  for (const { language, file, text } of blocksOf(page)) {
    if (file !== '') {
      mkdirSync(dirname(join(directory, file)), { recursive: true });
      writeFileSync(join(directory, file), text);
      if (file.startsWith('.github/')) written = await runWorkflow(text);
    } else if (language === 'sh') {
      await mustRun();
      written = '';
      for (const line of text.trim().split('\n')) {
        const [npx, tenon, ...args] = wordsOf(line);
        expect([npx, tenon]).toEqual(['npx', 'tenon']);
        const { code, out, err } = await runLine(...args);
        expect([line, code, code === 0 ? '' : out + err]).toEqual([line, 0, '']);
        written += out + err;
      }
    } else if (language === 'text')
      for (const line of text.trim().split('\n')) expect(plain(written)).toContain(plain(line));
  }
}

const pages = readdirSync(PAGES).filter((name) => name.endsWith('.md') && name !== EXAMPLE);

test.each(pages)('%s', async (page) => {
  await play(EXAMPLE);
  await play(page);
});

test('every page is in the list, and has something to run', () => {
  const list = readFileSync(join(PAGES, EXAMPLE), 'utf8');
  expect(pages.length).toBeGreaterThan(3);
  for (const page of pages) {
    expect(list).toContain(`(${page})`);
    const blocks = blocksOf(page);
    expect(blocks.map(({ language }) => language)).toContain('text');
    expect(blocks.some(({ language, file }) => language === 'sh' || file.startsWith('.github/'))).toBe(true);
  }
});
