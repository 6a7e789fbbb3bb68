/** A product with as many cells as there are keys, each event of one of them: what fills the landing zone the fastest. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const WIDE = 'wide';

export type Topology = 'lambda' | 'kappa';

/**
 * @param windowed by hours, and so with an order of its series beside that of its keys
 * @returns the directory of a catalog of one source and one product, both named `WIDE`
 */
export function wideCatalog(directory: string, topology: Topology, windowed = false): string {
  const catalog = join(directory, `catalog-${topology}`);
  mkdirSync(join(catalog, 'sources'), { recursive: true });
  mkdirSync(join(catalog, 'products'), { recursive: true });
  const source = {
    ...{ key: 'k', time: 't', partitions: 1, dedupe: { window: 1000 } },
    schema: {
      type: 'object',
      properties: {
        t: { type: 'string', format: 'date-time' },
        k: { type: 'string', minLength: 1 },
        v: { type: 'integer' },
      },
      required: ['t', 'k', 'v'],
      additionalProperties: false,
    },
  };
  // JSON is YAML too.
  writeFileSync(join(catalog, 'sources', `${WIDE}.yaml`), JSON.stringify(source));
  writeFileSync(join(catalog, 'products', `${WIDE}.yaml`), JSON.stringify({ topology }));
  writeFileSync(
    join(catalog, 'products', `${WIDE}.sql`),
    windowed
      ? `SELECT time_bucket(INTERVAL '1 hour', event_time) AS window_start, k, count(*) AS n, avg(v) AS mean, max(v) AS most
         FROM ${WIDE} GROUP BY window_start, k\n`
      : `SELECT k, count(*) AS n, avg(v) AS mean, max(v) AS most FROM ${WIDE} GROUP BY k\n`,
  );
  return catalog;
}

export const wideEvent = (k: string, v: number): string =>
  JSON.stringify({ t: '2026-01-01T00:00:00Z', k, v });

/** NDJSON of events [from, from + count), whose keys come round after `keys` events. */
export function wideLines(from: number, count: number, keys: number): string {
  let lines = '';
  for (let at = from; at < from + count; at++) lines += `${wideEvent(`k${at % keys}`, at % 1000)}\n`;
  return lines;
}

/** @returns the receipt */
export async function uploadWide(url: string, lines: string): Promise<string> {
  const response = await fetch(`${url}/v1/sources/${WIDE}/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: lines,
  });
  if (!response.ok) throw new Error(await response.text());
  return ((await response.json()) as { receipt: string }).receipt;
}

/** @returns the epoch that begins with the cut */
export async function cutWide(url: string): Promise<number> {
  const response = await fetch(`${url}/v1/cuts`, { method: 'POST' });
  if (!response.ok) throw new Error(await response.text());
  return ((await response.json()) as { epoch: number }).epoch;
}
