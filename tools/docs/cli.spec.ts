/** docs/cli.md lists the commands and options that there are, and no other. */
import { readPage, readSources } from './sources';

const COMMAND = /\bcommand\('([\w-]+)'/;
/** `.option('--x <y>', …`, `new Option('--x <y>', …`; over one line or several. */
const OPTION = /(?:\.option|\.requiredOption|new Option)\(\s*'(--[a-z][^']*)'/g;
/** Options that commands share, by the function that makes them. */
const SHARED = [
  [/\bjsonOption\(/, '--json'],
  [/\burlOption\(/, '--url <url>'],
] as const;

const commands = new Map<string, string[]>();
for (const { path, text } of readSources()) {
  if (!/^apps\/tenon\/src\/(commands|demo)\//.test(path)) continue;
  const name = COMMAND.exec(text)?.[1] ?? (path.endsWith('demo/index.ts') ? 'npm start' : undefined);
  if (name === undefined) continue;
  const options = [...text.matchAll(OPTION)].map(([, option]) => option as string);
  const shared = SHARED.filter(([made]) => made.test(text)).map(([, option]) => option);
  commands.set(name, [...new Set([...options, ...shared])]);
}

describe('docs/cli.md', () => {
  const sections = new Map(
    readPage('cli.md')
      .split(/^## /m)
      .slice(1)
      .map((section) => [section.slice(0, section.indexOf('\n')), section]),
  );

  test('every command has a section, and every section is a command', () => {
    expect(commands.size).toBeGreaterThan(6);
    expect([...sections.keys()].sort()).toEqual([...commands.keys(), 'services'].sort());
  });

  test.each([...commands])('the options of %s are those that it has', (name, options) => {
    const rows = [...(sections.get(name) ?? '').matchAll(/^\| `(--[^`]+)` *\|/gm)].map(
      ([, option]) => option,
    );
    expect(options.length).toBeGreaterThan(0);
    expect(rows.sort()).toEqual([...options].sort());
  });
});
