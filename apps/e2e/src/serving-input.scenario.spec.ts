/** What the serving interface answers to bad questions: PITFALLS' table, on a real server with the example catalog. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Host } from '@tenon/composition';
import { startUp } from './up';

const ROWS = '/v1/products/airport_hours/rows';

/** Path → status, code, and what the detail must tell. */
const BAD: readonly (readonly [path: string, status: number, code: string, detail: RegExp])[] = [
  ['/v1/products/nothing', 404, 'unknown-product', /airport_hours/],
  ['/v1/products/nothing/rows', 404, 'unknown-product', /nothing/],
  ['/v1/products/nothing/live', 404, 'unknown-product', /nothing/],
  ['/v1/nothing', 404, 'not-found', /nothing/],
  [`${ROWS}?origin[$ne]=x`, 400, 'bad-parameter', /origin/],
  [`${ROWS}?origin=ATL&origin=ORD`, 400, 'repeated-parameter', /origin/],
  [`${ROWS}?nothing=x`, 400, 'unknown-parameter', /origin/],
  [`${ROWS}?limit=1e9`, 400, 'bad-parameter', /10000/],
  [`${ROWS}?limit=0`, 400, 'bad-parameter', /whole number/],
  [`${ROWS}?limit=-1`, 400, 'bad-parameter', /whole number/],
  [`${ROWS}?limit=10001`, 400, 'bad-parameter', /10000/],
  [`${ROWS}?cursor=forged`, 400, 'bad-parameter', /cursor/],
  [`${ROWS}?cursor=eyJ2IjoxLCJjIjoifiIsInEiOiJbXSJ9`, 400, 'bad-parameter', /cursor/],
  [`${ROWS}?from=2001-02-01T00:00:00Z&to=2001-01-01T00:00:00Z`, 400, 'bad-parameter', /later/],
  [`${ROWS}?from=yesterday`, 400, 'bad-parameter', /time/],
  [`${ROWS}?to=2001-02-30T00:00:00Z`, 400, 'bad-parameter', /time/],
  [`${ROWS}?layer=gold`, 400, 'bad-parameter', /merged, batch, speed/],
  [`${ROWS}?order=up`, 400, 'bad-parameter', /asc, desc/],
  [`${ROWS}?after=forged`, 400, 'bad-parameter', /receipt/],
  [`${ROWS}?after=eyJ2IjoxLCJvIjp7Im90aGVyIjp7IjAiOjF9fX0`, 400, 'bad-parameter', /other/],
  [`${ROWS}?after=eyJ2IjoxLCJvIjp7ImZsaWdodHMiOnsiOTkiOjF9fX0`, 400, 'bad-parameter', /99/],
  [`${ROWS}?timeout=100000000`, 400, 'bad-parameter', /timeout/],
  ['/v1/products/routes/rows?from=2001-01-01T00:00:00Z', 400, 'bad-parameter', /running total/],
  ['/%E0%A4%A', 400, 'bad-encoding', /encoding/],
  [`${ROWS}?origin=%E0%A4%A`, 400, 'bad-encoding', /encoding/],
  ['/v1/products/airport_hours/live?cursor=x', 400, 'unknown-parameter', /live/],
  ['/v1/products/airport_hours/live?limit=1e9', 400, 'bad-parameter', /limit/],
];

describe('a bad question to serving', () => {
  let up: Host;
  const data = mkdtempSync(join(tmpdir(), 'tenon-serving-input-'));

  beforeAll(async () => {
    up = await startUp(data);
  });

  afterAll(async () => {
    await up.stop();
    rmSync(data, { recursive: true, force: true });
  });

  it.each(BAD)('%s is %i %s', async (path, status, code, detail) => {
    const response = await fetch(up.url + path);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(response.headers.get('x-correlation-id')).toMatch(/./);
    const problem = (await response.json()) as { status: number; code: string; detail: string };
    expect([response.status, problem.status, problem.code]).toEqual([status, status, code]);
    expect(problem.detail).toMatch(detail);
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH'])('by %s is 405 with Allow', async (method) => {
    const response = await fetch(up.url + ROWS, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toMatch(/GET/);
    expect(((await response.json()) as { code: string }).code).toBe('method-not-allowed');
  });

  it('for rows in a form that it does not have is 406', async () => {
    const response = await fetch(up.url + ROWS, { headers: { accept: 'image/png' } });
    expect(response.status).toBe(406);
  });

  it.each(['stale', 'x.9', '0.0', `${'a'.repeat(32)}.5`])(
    'Last-Event-ID %s gets a fresh snapshot',
    async (id) => {
      const response = await fetch(`${up.url}/v1/products/airport_hours/live`, {
        headers: { 'last-event-id': id },
      });
      expect(response.status).toBe(200);
      expect(await firstEvent(response)).toBe('snapshot');
    },
  );

  it('that waits for an event which never comes is 504, and says so', async () => {
    const receipt = Buffer.from(JSON.stringify({ v: 1, o: { flights: { 0: 5 } } })).toString('base64url');
    const response = await fetch(`${up.url}${ROWS}?after=${receipt}&timeout=100`);
    expect(response.status).toBe(504);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(((await response.json()) as { code: string }).code).toBe('not-yet-included');
  });
});

async function firstEvent(response: Response): Promise<string | undefined> {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let text = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return undefined;
    text += Buffer.from(value).toString();
    const match = /^event: (\w+)$/m.exec(text);
    if (match === null) continue;
    await reader.cancel();
    return match[1];
  }
}
