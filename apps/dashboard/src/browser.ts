/** A real browser for the specs: where Chromium is, how it starts, and what a page of it complained about. */
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The first that exists of CHROMIUM_PATH and the usual places. */
export function findChromium(): string | undefined {
  const candidates = [process.env['CHROMIUM_PATH'], '/usr/bin/chromium', '/usr/bin/google-chrome'];
  return candidates.find((path) => path !== undefined && existsSync(path));
}

/** Playwright gives it a fresh profile and removes that afterwards. */
export const startBrowser = (executablePath: string): Promise<Browser> =>
  chromium.launch({ executablePath, args: ARGUMENTS });

export interface Watched {
  readonly page: Page;
  /** Errors on the console (a broken policy is one) and exceptions. */
  readonly complaints: string[];
  /** Requests to another host than the page's. */
  readonly foreign: string[];
}

/** @param origin the only place that its requests may go to */
export async function openPage(browser: Browser, origin: string): Promise<Watched> {
  const page = await browser.newPage();
  page.setDefaultTimeout(8000);
  const complaints: string[] = [];
  const foreign: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error.stack)));
  page.on('request', (request) => {
    if (!request.url().startsWith(origin)) foreign.push(request.url());
  });
  return { page, complaints, foreign };
}
