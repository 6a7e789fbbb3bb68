/** Serving alone, over a store that `fill` has made; or a bare server (`bare`) that reads as many rows of it by their keys. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  createFileEventLog,
  createIds,
  createLmdbProductStore,
  createMemoryBus,
  systemClock,
} from '@tenon/adapters-embedded';
import { TOPICS } from '@tenon/contracts';
import { createHttpServer, createLogger } from '@tenon/runtime';
import { SERVING_DEFAULTS, createServing } from '@tenon/service-serving';
import { open } from 'lmdb';
import { READINGS, fillStore, hourOf, openReadings, siteOf } from './serving-store';

const HOST = '127.0.0.1';

async function startTenon(directory: string, cacheBytes: number): Promise<string> {
  const readings = await openReadings(directory);
  const log = await createFileEventLog({ directory: join(directory, 'log'), clock: systemClock });
  await log.ensureTopic({ name: TOPICS.events(READINGS), partitions: readings.source.partitions });
  const parts = {
    ...readings,
    log,
    store: createLmdbProductStore({ directory: join(directory, 'store') }),
    bus: createMemoryBus(),
    clock: systemClock,
    ids: createIds(),
    logger: createLogger({ level: 'warn', name: 'bench' }),
  };
  const serving = await createServing({ ...parts, config: { ...SERVING_DEFAULTS, cacheBytes } });
  const { url } = await createHttpServer({ ...parts, routes: serving.routes ?? [], host: HOST, port: 0 });
  return url;
}

const ENVELOPE = {
  ...{ topology: 'lambda', generation: 1, cut: { [READINGS]: { '0': 0, '1': 0, '2': 0, '3': 0 } } },
  ...{ included: { [READINGS]: { '0': 0, '1': 0, '2': 0, '3': 0 } }, behind: 0, status: 'final' },
};

/** What the embedded store writes behind a document. */
const CHECKSUM = 9;

/** `/SITE/HOUR/COUNT`: rows of a site, by their keys; with `If-None-Match` the row is read, and its checksum is its tag. */
function startBare(directory: string): Promise<string> {
  const root = open<string, string>({ path: join(directory, 'store'), encoding: 'string', maxReaders: 1024 });
  const rows = root.openDB<string, string>({ name: 'meta', encoding: 'string' });
  const server = createServer((request, response) => {
    const [, site = '', hour = '', count = ''] = (request.url ?? '').split('/');
    const known = request.headers['if-none-match'];
    if (known !== undefined) {
      const row = rows.get(`bare/${siteOf(Number(site))}/${hourOf(Number(hour))}`) ?? '';
      const etag = `W/"${row.slice(1 - CHECKSUM)}"`;
      const headers = { etag, 'cache-control': 'no-cache', vary: 'accept, accept-encoding' };
      if (known === etag) return void response.writeHead(304, headers).end();
      return void response.writeHead(200, { ...headers, 'content-length': 0 }).end();
    }
    const found: string[] = [];
    for (let at = Number(hour); found.length < Number(count); at--)
      found.push(rows.get(`bare/${siteOf(Number(site))}/${hourOf(at)}`)?.slice(0, -CHECKSUM) ?? 'null');
    const answer = JSON.stringify({ ...ENVELOPE, at: new Date().toISOString() });
    const text = `{"product":"${READINGS}","version":1,"rows":[${found.join(',')}],"answer":${answer},"next":null}`;
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    });
    response.end(text);
  });
  return new Promise((resolve) =>
    server.listen(0, HOST, () => resolve(`http://${HOST}:${(server.address() as AddressInfo).port}`)),
  );
}

async function main(part: string, directory: string, cells: number): Promise<void> {
  if (part === 'fill') await fillStore(directory, cells);
  const url =
    part === 'tenon' || part === 'unkept'
      ? await startTenon(directory, part === 'tenon' ? SERVING_DEFAULTS.cacheBytes : 0)
      : part === 'bare'
        ? await startBare(directory)
        : '';
  process.send?.({ url });
  process.once('SIGTERM', () => process.exit(0));
}

const [part = '', directory = '', cells = '0'] = process.argv.slice(2);
void main(part, directory, Number(cells));
