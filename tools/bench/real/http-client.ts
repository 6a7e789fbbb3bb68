/** As little client as will do: it shares the machine with what it measures. */
import { Agent, request } from 'node:http';

export class HttpClient {
  private readonly agent: Agent;

  constructor(connections: number) {
    this.agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  post(url: string, contentType: string, body: string): Promise<string> {
    return this.call(url, 'POST', { 'content-type': contentType }, body);
  }

  get(url: string): Promise<string> {
    return this.call(url, 'GET', {});
  }

  close(): void {
    this.agent.destroy();
  }

  private call(url: string, method: string, headers: Record<string, string>, body?: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const sent = request(url, { agent: this.agent, method, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          if ((response.statusCode ?? 500) < 300) resolve(text);
          else reject(new Error(`${method} ${url}: ${response.statusCode}: ${text}`));
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }
}
