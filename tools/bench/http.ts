/** HTTP as the benchmarks' clients speak it: connections that are kept, and no patience that ends. */
import type { Agent } from 'node:http';
import { request } from 'node:http';

/** A GET, or a POST of JSON where there is a body. @throws Error for an answer that is none */
export function call(agent: Agent, url: string, body?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        agent,
        method: body === undefined ? 'GET' : 'POST',
        headers: body === undefined ? {} : { 'content-type': 'application/json' },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          if ((response.statusCode ?? 500) >= 300) reject(new Error(`${response.statusCode}: ${text}`));
          else resolve(text);
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
