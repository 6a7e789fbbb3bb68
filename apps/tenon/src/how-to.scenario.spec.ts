/** The pages of docs/how-to, run: files are written, commands end well, and print what stands below them. */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Host } from '@tenon/composition';
import { SERVICES, startHost } from '@tenon/composition';
import { createLogger, readSettings } from '@tenon/runtime';
import { runLine } from './run.fixture';

jest.setTimeout(120_000);

const PAGES = join(__dirname, '../../../docs/how-to');
const EXAMPLE = 'README.md';

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

async function play(page: string): Promise<void> {
  let written = '';
  for (const { language, file, text } of blocksOf(page)) {
    if (file !== '') {
      mkdirSync(dirname(join(directory, file)), { recursive: true });
      writeFileSync(join(directory, file), text);
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
    expect(blocksOf(page).map(({ language }) => language)).toEqual(expect.arrayContaining(['sh', 'text']));
  }
});
