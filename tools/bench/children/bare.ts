/** The yardstick of ingestion: node:http that appends what comes to the same log, and nothing else. */
import { createFileEventLog, systemClock } from '@tenon/adapters-embedded';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

async function main(directory: string): Promise<void> {
  const log = await createFileEventLog({ directory, clock: systemClock });
  await log.ensureTopic({ name: 'bare', partitions: 4 });
  let turn = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const lines = request.headers['content-type'] === 'application/x-ndjson' ? splitLines(body) : [body];
      const records = lines.map((value) => ({ partition: turn++ & 3, key: null, value }));
      void log.append('bare', records).then((offsets) => {
        response.writeHead(202, { 'content-type': 'application/json' });
        response.end(`{"accepted":${offsets.length}}`);
      });
    });
  });
  server.listen(0, '127.0.0.1', () =>
    process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }),
  );
  process.once('SIGTERM', () => process.exit(0));
}

function splitLines(body: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let at = 0; at < body.length;) {
    const end = body.indexOf(10, at);
    if (end < 0) break;
    lines.push(body.subarray(at, end));
    at = end + 1;
  }
  return lines;
}

void main(process.argv[2] as string);
