import type { Browser, Page } from 'playwright-core';
import { findChromium, openPage, startBrowser } from './browser';
import type { Watched } from './browser';
import { FakeData } from './fake-data';
import { FakeServer } from './fake-server';
import type { Row } from './wire';

const chromium = findChromium();
const suite = chromium ? describe : describe.skip;
const reason = chromium
  ? ''
  : ' (skipped: no Chromium at CHROMIUM_PATH, /usr/bin/chromium or /usr/bin/google-chrome)';

// A machine that runs other suites beside this one may take long to start a page.
const grouped = (n: unknown) => Number(n).toLocaleString('en');

suite(`the page in a browser${reason}`, () => {
  let browser: Browser;
  let fake: FakeServer;
  let open: Watched;

  beforeAll(async () => {
    browser = await startBrowser(chromium ?? '');
    fake = new FakeServer({ cutMillis: 150 });
    await fake.start();
    open = await openPage(browser, fake.url);
  });

  afterAll(async () => {
    await browser?.close();
    await fake?.stop();
  });

  /** A cut lies behind most of the events; some came after it. */
  beforeEach(() => {
    fake.data = new FakeData(7);
    fake.data.emit(10_000);
    fake.data.beginCut()();
    fake.data.emit(500);
    fake.failing = null;
    fake.snapshotRows = 2000;
  });

  /** Leaves the page, so that nothing of a test reaches into the next. */
  afterEach(async () => {
    await open.page.goto('about:blank');
    open.complaints.length = 0;
  });

  async function show(hash = '', size = { width: 1280, height: 900 }): Promise<Page> {
    await open.page.setViewportSize(size);
    await open.page.goto(`${fake.url}/${hash}`);
    return open.page;
  }

  function assertNoComplaints(): void {
    expect(open.complaints).toEqual([]);
    expect(open.foreign).toEqual([]);
  }

  /** The newest row of an airport, as the server has it. */
  function newestOf(origin: string): Row {
    const row = fake.data.rows('flights_by_hour', { origin }).at(-1);
    if (!row) throw new Error(`no row of ${origin}`);
    return row;
  }

  const tile = (page: Page, measure: string) => page.locator(`.tile[data-measure="${measure}"] .value`);
  const cellsOf = (page: Page, key: string) =>
    page.locator('tbody tr', { has: page.getByRole('button', { name: key, exact: true }) });
  const waitForText = (page: Page, selector: string, text: string | RegExp) =>
    page.locator(selector).filter({ hasText: text }).first().waitFor();
  const eventually = async (read: () => Promise<string | null>, wanted: string): Promise<void> => {
    const deadline = Date.now() + 5000;
    let last = await read();
    while (last !== wanted && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      last = await read();
    }
    expect(last).toBe(wanted);
  };

  it('shows the products, the largest cell’s numbers and the newest window’s rows', async () => {
    const page = await show();
    await page.locator('.tiles').waitFor();
    expect(await page.locator('.products .name').allTextContents()).toEqual(
      fake.data
        .products()
        .map((product) => product.name)
        .sort(),
    );
    const lead = (await page.locator('.lead-cell').textContent()) ?? '';
    expect(await tile(page, 'flights').textContent()).toBe(grouped(newestOf(lead)['flights']));
    const window = newestOf(lead)['window_start'];
    const rows = fake.data.rows('flights_by_hour', { from: String(window) });
    expect(await page.locator('tbody tr').count()).toBe(Math.min(25, rows.length));
    expect(await page.locator('.badge').textContent()).toBe('provisional');
    assertNoComplaints();
  });

  it('says of the versions beside the served one how far they are, and how long they are kept', async () => {
    const page = await show('#/carriers');
    await waitForText(page, '.versions li', /^v2 is kept until \d\d:00/);
    await waitForText(page, '.versions li', 'v4 is being built 43 %, 12,345 records behind');
    expect(await page.locator('.versions li').count()).toBe(2);
    expect(await page.getByRole('progressbar', { name: 'v4' }).getAttribute('value')).toBe('43');
    await page.getByRole('link', { name: 'flights_by_hour' }).click();
    await waitForText(page, 'h1', 'flights_by_hour');
    expect(await page.locator('.versions').count()).toBe(0);
    assertNoComplaints();
  });

  describe('a comparison', () => {
    const side = (page: Page, label: string) => page.getByLabel(label, { exact: true });
    const rows = (page: Page) => page.locator('.differences tbody tr');
    const lastPart = (page: Page) => decodeURIComponent(page.url().split('#')[1] ?? '');

    it('of the served version and the one beside it, from the product’s page; rows of each kind, the largest first', async () => {
      const page = await show('#/carriers');
      await page.getByRole('link', { name: 'Compare cuts and versions' }).click();
      await rows(page).first().waitFor();
      expect([await side(page, 'A').inputValue(), await side(page, 'B').inputValue()]).toEqual(['3', '2']);
      await waitForText(page, '.kinds button', /^120 changed$/);
      await waitForText(page, '.kinds button', /^15 only in v3$/);
      await waitForText(page, '.kinds p', '7 the same');
      await waitForText(page, '.aside', 'Only v2 has the column share_delayed.');
      expect(await rows(page).first().locator('th, td').allTextContents()).toEqual([
        'changed',
        'C149',
        '1,000 1,149',
        '5.00',
      ]);
      expect(await rows(page).count()).toBe(100);
      await page.getByRole('button', { name: 'Show more' }).click();
      await waitForText(page, '.differences tbody th', /^C0$/);
      await page.getByRole('button', { name: /only in v2/ }).click();
      await waitForText(page, '.kinds [aria-pressed=true]', 'only in v2');
      await rows(page).nth(15).waitFor({ state: 'detached' });
      expect(await rows(page).first().locator('.kind').textContent()).toBe('only v2');
      expect(lastPart(page)).toBe('/carriers/compare?a=3&b=2&kind=onlyB');
      await page.getByRole('link', { name: 'Back to its numbers' }).click();
      await page.locator('.tiles').waitFor();
      assertNoComplaints();
    });

    it('of two cuts, as the address has them', async () => {
      const page = await show('#/flights_by_hour/compare?a=@2&b=@3&by=avg_delay');
      await waitForText(page, '.hint', 'From generation 2 (500 events) to generation 3');
      expect(await side(page, 'A').locator('option').allTextContents()).toEqual([
        'v1, served',
        'generation 3, served',
        expect.stringMatching(/^generation 2, from [\d:]+ on$/),
        expect.stringMatching(/^generation 1, from [\d:]+ on$/),
      ]);
      await side(page, 'A').selectOption('@1@1');
      await waitForText(page, '.hint', 'From generation 1 ');
      expect(lastPart(page)).toBe('/flights_by_hour/compare?a=@1@1&b=@3&by=avg_delay');
      await page.getByRole('button', { name: 'Swap A and B' }).click();
      await waitForText(page, '.hint', 'From generation 3 (500 events) to generation 1');
      await page.getByRole('button', { name: 'flights', exact: true }).click();
      await waitForText(page, '.changed-columns [aria-pressed=true]', 'flights');
      assertNoComplaints();
    });

    it('that can’t be made says why, and goes on once it can', async () => {
      fake.failing = { path: /diff/, status: 409, code: 'diff-apart', detail: 'No cut in common.' };
      const page = await show('#/carriers/compare');
      await waitForText(page, '.aside', /No cut in common\..*diff-apart/);
      fake.failing = null;
      await page.getByRole('button', { name: 'Cut now' }).click();
      await rows(page).first().waitFor();
      expect(await page.locator('.aside code').count()).toBe(0);
    });
  });

  it('takes over what the stream brings', async () => {
    const page = await show('#/flights_by_hour?cell=["ATL"]');
    await page.locator('.tiles').waitFor();
    for (let i = 0; i < 5; i++) {
      fake.data.emit(100);
      fake.publish();
    }
    const row = newestOf('ATL');
    await eventually(() => tile(page, 'flights').textContent(), grouped(row['flights']));
    await eventually(() => cellsOf(page, 'ATL').locator('td.chosen').textContent(), grouped(row['flights']));
    const records = fake.data.included.reduce((a, b) => a + b);
    await eventually(() => page.locator('.vitals dd').nth(2).textContent(), grouped(records));
    assertNoComplaints();
  });

  it('takes a row away that HAVING drops, and marks an estimate', async () => {
    const page = await show('#/flights_by_hour?cell=["ATL"]');
    await page.locator('.tiles').waitFor();
    const [row] = fake.data.rows('flights_by_hour', {
      origin: 'ORD',
      from: String(newestOf('ATL')['window_start']),
    });
    await cellsOf(page, 'ORD').waitFor();
    fake.send('flights_by_hour', { rows: [], removed: [row?._cell ?? ''] });
    await cellsOf(page, 'ORD').waitFor({ state: 'detached' });
    fake.send('flights_by_hour', { rows: [{ ...newestOf('ATL'), _approximate: ['flights'] }] });
    await eventually(() => tile(page, 'flights').textContent(), `≈ ${grouped(newestOf('ATL')['flights'])}`);
    assertNoComplaints();
  });

  it('draws the cut at its offset, and a published generation moves it', async () => {
    const page = await show();
    const label = (next: number, included: number) =>
      `flights, partition 1: batch below offset ${grouped(next)}, speed from there to ${grouped(included)}`;
    const bar = page.locator('.partitions .joint').nth(1);
    await bar.waitFor();
    const before = [...fake.data.cut];
    expect(await bar.getAttribute('aria-label')).toBe(label(before[1] ?? 0, fake.data.included[1] ?? 0));

    await page.getByRole('button', { name: 'Cut now' }).click();
    await page.getByRole('button', { name: 'Cutting…' }).waitFor();
    await waitForText(page, '.progress', 'Generation 2 is served');
    await page.getByRole('button', { name: 'Cut now' }).waitFor();
    expect(fake.data.cut[1]).toBeGreaterThan(before[1] ?? 0);
    await eventually(
      () => bar.getAttribute('aria-label'),
      label(fake.data.cut[1] ?? 0, fake.data.included[1] ?? 0),
    );
    await eventually(() => page.locator('.share.speed .records').textContent(), '0 records');
    await eventually(() => page.locator('.share .value').first().textContent(), '100%');
    await waitForText(page, '.moved', 'The cut moved');
    // Rows turn final without a change of their numbers.
    await eventually(() => page.locator('tbody .state.provisional').count().then(String), '0');
    assertNoComplaints();
  });

  it('says why a cut failed', async () => {
    const page = await show();
    await page.locator('.tiles').waitFor();
    fake.failing = { path: /cuts/, status: 503, code: 'log-unavailable', detail: 'The log does not answer.' };
    await page.getByRole('button', { name: 'Cut now' }).click();
    await waitForText(page, '.progress', 'The cut failed. The log does not answer.');
  });

  it('follows a link also while updates come in all the time', async () => {
    const page = await show();
    await page.locator('.tiles').waitFor();
    const updates = setInterval(() => {
      fake.data.emit(5);
      fake.publish();
    }, 5);
    try {
      for (const name of [
        'carriers',
        'network_by_quarter_hour',
        'flights_by_hour',
        'carriers',
        'flights_by_hour',
      ]) {
        await page.getByRole('link', { name }).click();
        await waitForText(page, 'h1', name);
      }
      await page.evaluate(`location.hash = '#/flights_by_hour?cell=["DEN"]'`);
      await waitForText(page, '.lead-cell', 'DEN');
    } finally {
      clearInterval(updates);
    }
    assertNoComplaints();
  });

  it('keeps the numbers when the connection is lost, says since when, and catches up', async () => {
    const page = await show('#/flights_by_hour?cell=["ATL"]');
    await page.locator('.tiles').waitFor();
    const before = await tile(page, 'flights').textContent();
    await fake.stop();
    await waitForText(page, '.offline', /Connection lost since \d\d:\d\d:\d\d/);
    expect(await tile(page, 'flights').textContent()).toBe(before);
    expect(await page.title()).toBe('(offline) flights_by_hour · Tenon');

    fake.data.emit(2000);
    await fake.start();
    await page.locator('.offline').waitFor({ state: 'hidden' });
    await eventually(() => tile(page, 'flights').textContent(), grouped(newestOf('ATL')['flights']));
    expect(open.complaints.filter((text) => !text.includes('ERR_'))).toEqual([]);
  });

  it('tries again after the stream was refused, and names what history lacks', async () => {
    fake.failing = { path: /(live|rows)$/, status: 503, code: 'starting', detail: 'The store is starting.' };
    const page = await show();
    await page.locator('.loading').waitFor();
    fake.failing = { path: /rows$/, status: 503, code: 'starting', detail: 'The store is starting.' };
    await page.locator('.tiles').waitFor();
    await waitForText(page, '.aside', 'The store is starting.');
    fake.failing = null;
    await page.getByRole('button', { name: '200' }).click();
    await page.locator('.aside').waitFor({ state: 'detached' });
  });

  it('says of a product that the token may not read that it may not, and shows it once it may', async () => {
    const detail = 'board may not do this: it needs read:carriers.';
    fake.failing = { path: /carriers\/(live|rows)$/, status: 403, code: 'not-allowed', detail };
    const page = await show('#/carriers');
    await waitForText(page, '.failure h1', 'carriers cannot be read');
    await waitForText(page, '.failure', detail);
    const elsewhere = page.getByRole('link', { name: 'Sign in with another token' });
    expect(await elsewhere.getAttribute('href')).toMatch(/^\/signin\.html#\/carriers/);
    // Longer than a lost connection goes unmentioned.
    await page.waitForTimeout(2500);
    expect(await page.locator('.offline').isVisible()).toBe(false);
    expect(await page.title()).toBe('carriers · Tenon');
    await page.getByRole('link', { name: 'flights_by_hour' }).click();
    await page.locator('.tiles').waitFor();
    await page.getByRole('link', { name: 'carriers' }).click();
    await waitForText(page, '.failure', detail);
    fake.failing = null;
    await page.locator('.tiles').waitFor();
    expect(await page.locator('.failure').count()).toBe(0);
  });

  it('asks for a token rather than send none', async () => {
    const page = await show('signin.html');
    await page.getByLabel('Your token').fill('   ');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await waitForText(page, '[role=alert]', 'Type or paste your token.');
    assertNoComplaints();
  });

  it('says how many events were refused, by the product and by its source, and why', async () => {
    fake.data.refused = 12;
    fake.deadLetters = [
      { source: 'flights', reason: 'flights_by_hour:refused-by-sql', count: 9 },
      { source: 'flights', reason: 'carriers:refused-by-sql', count: 4 },
      { source: 'flights', reason: 'schema-violation', count: 1200 },
      { source: 'flights', reason: 'id-conflict', count: 3 },
      { source: 'readings', reason: 'malformed-json', count: 8 },
    ];
    const page = await show('#/flights_by_hour');
    await waitForText(page, '.refused', '12 events were refused by this product: 9 refused-by-sql.');
    await waitForText(page, '.refused', 'Of these 2 have the id of another event');
    await waitForText(page, '.refused', '1,203 events were refused by flights');
    await waitForText(page, '.refused', '1,200 schema-violation, 3 id-conflict');
    await waitForText(page, '.refused code', 'npx tenon dlq list --source flights');
    fake.deadLetters = [];
    assertNoComplaints();
  });

  it('shows a problem document when there is nothing else to show', async () => {
    fake.failing = { path: /products$/, status: 503, code: 'starting', detail: 'The catalog is being read.' };
    const page = await show();
    await waitForText(page, '.failure', 'The catalog is being read.');
    fake.failing = null;
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.locator('.tiles').waitFor();
  });

  it('shows how to send the first event, and what to do about an unknown product', async () => {
    const page = await show('#/sensor_readings');
    await waitForText(page, '.empty pre', `curl ${fake.url}/v1/sources/readings/events`);
    await page.goto(`${fake.url}/#/nowhere`);
    await waitForText(page, '.failure h1', 'There is no product “nowhere”');
    await page.getByRole('link', { name: 'carriers' }).click();
    await page.locator('.tiles').waitFor();
    assertNoComplaints();
  });

  it('shows running totals as bars by size, and a product without a dimension as its windows', async () => {
    // A snapshot may be cut short; the largest rows must be there all the same.
    fake.snapshotRows = 3;
    const page = await show('#/carriers');
    await page.locator('tbody tr').nth(11).waitFor();
    const sizes = fake.data.rows('carriers').map((row) => Number(row['flights']));
    expect(await page.locator('td.chosen').allTextContents()).toEqual(
      sizes.sort((a, b) => b - a).map(grouped),
    );
    expect(await page.locator('.chart').count()).toBe(0);
    const bars = await page
      .locator('td .bar')
      .evaluateAll((all) => all.map((bar) => bar.getBoundingClientRect()));
    const numbers = await page
      .locator('td.chosen span')
      .evaluateAll((all) => all.map((n) => n.getBoundingClientRect()));
    const longest = Math.max(...bars.map((bar) => bar.width));
    bars.forEach((bar, i) => {
      expect(bar.width / longest).toBeCloseTo((sizes[i] ?? 0) / Math.max(...sizes), 1);
      expect(bar.right).toBeLessThan(numbers[i]?.left ?? 0);
    });
    await page.getByRole('link', { name: 'network_by_quarter_hour' }).click();
    const newest = fake.data.rows('network_by_quarter_hour').at(-1);
    await waitForText(page, 'h2', 'Windows');
    await eventually(() => page.locator('td.chosen').first().textContent(), grouped(newest?.['flights']));
    assertNoComplaints();
  });

  it('compares cells, steps through windows, filters, and keeps the choice in the address', async () => {
    const page = await show();
    await page.locator('.tiles').waitFor();
    await page.getByLabel('Compare with another origin').fill('DEN');
    await page.keyboard.press('Enter');
    await page.locator('.chip', { hasText: 'DEN' }).waitFor();
    await page.getByRole('button', { name: 'Window before' }).click();
    await page.getByLabel('Filter rows').fill('den');
    const windows = fake.data.rows('flights_by_hour').map((row) => String(row['window_start']));
    const [from, to] = [...new Set(windows)].slice(-2);
    const [den] = fake.data.rows('flights_by_hour', { origin: 'DEN', from: from ?? '', to: to ?? '' });
    await eventually(
      () => page.locator('td.chosen').allTextContents().then(String),
      grouped(den?.['flights']),
    );
    await page.getByRole('radio', { name: /avg delay/ }).click();
    await page.waitForURL(/avg_delay/);
    await page.reload();
    await page.locator('.chip', { hasText: 'DEN' }).waitFor();
    // The window and the filter too.
    expect(await page.getByLabel('Filter rows').inputValue()).toBe('den');
    await eventually(
      () => page.locator('tbody tr', { hasText: 'DEN' }).locator('td.number').first().textContent(),
      grouped(den?.['flights']),
    );
    expect(await page.getByRole('radio', { name: /avg delay/ }).getAttribute('aria-checked')).toBe('true');
    assertNoComplaints();
  });

  it('works by keyboard: the measure by arrows, the chart’s windows by arrows, the list by Enter', async () => {
    const page = await show('#/flights_by_hour?cell=["ATL"]');
    await page.getByRole('radio', { name: /^flights/ }).focus();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('radio', { name: /avg delay/, checked: true }).waitFor();
    await page.keyboard.press('ArrowLeft');
    await page.locator('.plot').focus();
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowLeft');
    const before = fake.data.rows('flights_by_hour', { origin: 'ATL' }).at(-2);
    await eventually(() => page.locator('.reading b').textContent(), grouped(before?.['flights']));
    await page.keyboard.press('Enter');
    await eventually(
      () => cellsOf(page, 'ATL').locator('td.chosen').textContent(),
      grouped(before?.['flights']),
    );
    // The numbers above are those of the window that was chosen.
    await eventually(() => tile(page, 'flights').textContent(), grouped(before?.['flights']));
    assertNoComplaints();
  });

  it('fits screens from 360 to 1600 pixels wide', async () => {
    const page = await show('', { width: 1600, height: 800 });
    await page.locator('.tiles').waitFor();
    for (const width of [1600, 1100, 768, 360]) {
      await page.setViewportSize({ width, height: 800 });
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    }
  });

  it('says of a cell that is compared and has no row that it has none', async () => {
    const page = await show();
    await page.locator('.tiles').waitFor();
    await page.getByLabel('Compare with another origin').fill('NOWHERE');
    await page.keyboard.press('Enter');
    await page.locator('.chip', { hasText: 'NOWHERE: no row' }).waitFor();
    assertNoComplaints();
  });

  it('has no button that is smaller than 24 by 24 pixels, and words between words', async () => {
    const page = await show('#/flights_by_hour?cell=["ATL"]&cell=["DEN"]', { width: 360, height: 800 });
    await page.locator('tbody tr').first().waitFor();
    await page.locator('.chip').first().waitFor();
    const small = await page.evaluate(`[...document.querySelectorAll('button')]
      .map((one) => ({ text: one.textContent.trim() || one.ariaLabel, box: one.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 0 && (box.width < 24 || box.height < 24))
      .map(({ text, box }) => text + ' ' + box.width + ' x ' + box.height)`);
    expect(small).toEqual([]);
    expect(await page.locator('.when').textContent()).toMatch(/ UTC$/);
    // Names of products on one line, to be scrolled.
    const heights = await page.evaluate<number[]>(
      `[...document.querySelectorAll('.products .name')].map((one) => one.getBoundingClientRect().height)`,
    );
    expect(new Set(heights.map(Math.round)).size).toBe(1);
    assertNoComplaints();
  });

  it('stays quick while thousands of rows a second arrive', async () => {
    const page = await show();
    await page.locator('.tiles').waitFor();
    for (let i = 0; i < 40; i++) {
      fake.data.emit(1000);
      fake.publish();
    }
    const records = fake.data.included.reduce((a, b) => a + b);
    await eventually(() => page.locator('.vitals dd').nth(2).textContent(), grouped(records));
    expect(await page.locator('tbody tr').count()).toBeLessThanOrEqual(25);
    assertNoComplaints();
  });
});
