/** What one client may take of a Tenon: each bound set low, reached, and told. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Host } from '@tenon/composition';
import { startUp } from './up';

const SOURCE = `
key: who
schema:
  type: object
  required: [who]
  properties:
    who: { type: string }
    note: { type: string }
    n: { type: integer }
`;
const PRODUCT = 'SELECT who, max(note) AS note, sum(n) AS n, count(*) AS events FROM notes GROUP BY who';
const LOW = {
  TENON_MAX_ANSWER: '20000',
  TENON_MAX_STREAMS_PER_ADDRESS: '2',
  TENON_MAX_KEY: '100',
  TENON_MAX_EVENT: '9000',
  TENON_MAX_INFLATION: '20',
  TENON_MAX_DEAD_LETTERS: '4',
};

let up: Host;
const directory = mkdtempSync(join(tmpdir(), 'tenon-budgets-'));

beforeAll(async () => {
  const catalog = join(directory, 'catalog');
  for (const folder of ['sources', 'products']) mkdirSync(join(catalog, folder), { recursive: true });
  writeFileSync(join(catalog, 'sources/notes.yaml'), SOURCE);
  writeFileSync(join(catalog, 'products/per_who.sql'), PRODUCT);
  up = await startUp(join(directory, 'data'), 0, LOW, catalog);
}, 60_000);

afterAll(async () => {
  await up.stop();
  rmSync(directory, { recursive: true, force: true });
});

interface Rows {
  readonly rows: readonly { readonly who: string }[];
  readonly next: string | null;
}

const send = async (lines: readonly object[]) => {
  const answer = await fetch(`${up.url}/v1/sources/notes/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: lines.map((line) => JSON.stringify(line)).join('\n'),
  });
  return (await answer.json()) as { accepted: number; receipt: string; items?: { code: string }[] };
};

const metric = async (line: string) => {
  const text = await (await fetch(`${up.url}/metrics`)).text();
  return Number(
    text
      .split('\n')
      .find((one) => one.startsWith(line))
      ?.split(' ')
      .at(-1),
  );
};

it('a page of large rows ends sooner, and its pages together have every row once', async () => {
  const sent = Array.from({ length: 40 }, (_, i) => ({
    who: `w${i}`,
    note: 'x'.repeat(i % 5 ? 3_000 : 8_500),
    n: 1,
  }));
  const { accepted, receipt } = await send(sent);
  expect(accepted).toBe(40);
  const seen: string[] = [];
  const pages: number[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const query = new URLSearchParams({
      limit: '1000',
      ...(cursor === '' ? { after: receipt } : { cursor }),
    });
    const text = await (await fetch(`${up.url}/v1/products/per_who/rows?${query}`)).text();
    const page = JSON.parse(text) as Rows;
    pages.push(text.length);
    seen.push(...page.rows.map(({ who }) => who));
    cursor = page.next;
  }
  expect(pages.length).toBeGreaterThan(5);
  expect(Math.max(...pages)).toBeLessThan(20_000 + 2_000);
  expect(seen.sort()).toEqual(sent.map(({ who }) => who).sort());
});

it('events and keys that are too large are refused by name, and of many refusals a few are kept', async () => {
  const big = Array.from({ length: 30 }, () => ({ who: 'k'.repeat(101) }));
  const { accepted, items = [] } = await send([...big, { who: 'a', note: 'x'.repeat(10_000) }]);
  expect(accepted).toBe(0);
  expect(new Set(items.map(({ code }) => code))).toEqual(new Set(['key-too-long', 'event-too-large']));
  const letters = 'tenon_dead_letters_total{service="ingestion",source="notes",outcome=';
  const kept = await metric(`${letters}"kept"}`);
  expect(kept).toBeLessThan(12);
  expect(kept + (await metric(`${letters}"counted"}`))).toBe(31);
});

it('one address has so many live streams and no more, and has them again once it closes one', async () => {
  const open = () => fetch(`${up.url}/v1/products/per_who/live`);
  const [first, second, third] = [await open(), await open(), await open()];
  expect([first, second, third].map(({ status }) => status)).toEqual([200, 200, 429]);
  expect(await third.json()).toMatchObject({ code: 'too-many-streams' });
  expect(await metric('tenon_http_streams')).toBe(2);
  expect(await metric('tenon_http_refusals_total{code="too-many-streams"}')).toBe(1);
  await first.body?.cancel();
  for (let status = 0; status !== 200;) {
    const again = await open();
    ({ status } = again);
    await again.body?.cancel();
  }
  await second.body?.cancel();
});
