/** Live updates keep to what was asked, in the changes as in the snapshot. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Host } from '@tenon/composition';
import { startUp } from './up';

describe('live updates', () => {
  let up: Host;
  const data = mkdtempSync(join(tmpdir(), 'tenon-live-'));

  beforeAll(async () => {
    up = await startUp(data);
  });

  afterAll(async () => {
    await up.stop();
    rmSync(data, { recursive: true, force: true });
  });

  async function send(date: string, origin: string): Promise<void> {
    const response = await fetch(`${up.url}/v1/sources/flights/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ date, delay: 1, distance: 2, origin, destination: 'PHL' }),
    });
    expect(response.status).toBe(202);
  }

  it('hold `from` and dimensions for changed rows too', async () => {
    const question = 'from=2002-01-01T00:00:00Z&origin=LAS';
    const response = await fetch(`${up.url}/v1/products/airport_hours/live?${question}`);
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let text = '';
    const until = async (wanted: RegExp) => {
      while (!wanted.test(text)) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`the stream ended: ${text}`);
        text += Buffer.from(value).toString();
      }
    };
    await until(/event: snapshot\n.*\n\n/);
    await send('2001-05-01T10:00:00Z', 'LAS');
    await send('2002-05-01T10:00:00Z', 'ATL');
    await send('2002-05-01T10:00:00Z', 'LAS');
    await until(/"window_start":"2002-05-01T10:00:00Z","origin":"LAS"/);
    await reader.cancel();
    expect(text).not.toMatch(/2001-05-01|"ATL"/);
  });
});
