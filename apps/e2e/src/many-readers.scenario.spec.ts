/** A thousand connections of live updates, one of which is never read: the others hear of a change, and questions are answered. */
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Host } from '@tenon/composition';
import { startUp } from './up';

const READERS = 1_000;

describe('many readers', () => {
  let up: Host;
  const data = mkdtempSync(join(tmpdir(), 'tenon-readers-'));
  const agent = new Agent({ maxSockets: Infinity });

  beforeAll(async () => {
    up = await startUp(data, 0, {
      TENON_MAX_STREAMS: String(READERS),
      TENON_MAX_STREAMS_PER_ADDRESS: String(READERS),
    });
  });

  afterAll(async () => {
    agent.destroy();
    await up.stop();
    rmSync(data, { recursive: true, force: true });
  });

  const open = (path: string) =>
    new Promise<IncomingMessage>((resolve, reject) =>
      get(`${up.url}${path}`, { agent }, resolve).on('error', reject),
    );

  /** Resolves once a stream has told something. */
  const hears = (stream: IncomingMessage, wanted: string) =>
    new Promise<void>((resolve, reject) => {
      let text = '';
      const take = (chunk: Buffer) => {
        text = text.slice(-1000) + chunk.toString();
        if (!text.includes(wanted)) return;
        stream.off('data', take);
        resolve();
      };
      stream.on('data', take).once('close', () => reject(new Error('A stream has ended.')));
    });

  async function send(origin: string): Promise<string> {
    const response = await fetch(`${up.url}/v1/sources/flights/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ date: '2001-05-01T10:00:00Z', distance: 2, origin, destination: 'PHL' }),
    });
    const { receipt } = (await response.json()) as { receipt: string };
    return encodeURIComponent(receipt);
  }

  it('are told of a change, whoever else does not read, and beyond their bound refused with a reason', async () => {
    const path = '/v1/products/airport_hours/live';
    const slow = await open(path);
    slow.pause();
    const streams = await Promise.all(Array.from({ length: READERS - 1 }, () => open(path)));
    expect(new Set(streams.map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
    await Promise.all(streams.map((stream) => hears(stream, 'event: snapshot')));
    const refused = await open(path);
    expect(refused.statusCode).toBe(503);
    expect(refused.headers['retry-after']).toBeDefined();
    refused.resume();
    for (const origin of ['ATL', 'ORD', 'LAS']) {
      const told = streams.map((stream) => hears(stream, `"origin":"${origin}"`));
      const after = await send(origin);
      const answer = await fetch(`${up.url}/v1/products/airport_hours/rows?origin=${origin}&after=${after}`);
      expect(await answer.json()).toMatchObject({ rows: [{ origin, flights: 1 }] });
      await Promise.all(told);
    }
    for (const stream of [slow, ...streams]) stream.destroy();
  });
});
