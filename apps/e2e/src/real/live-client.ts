/** A client of live updates that shows what it is told, and nothing else. */
import type { Cells } from './shop';
import { cellsOfRows } from './shop';

type Row = Readonly<Record<string, unknown>> & { readonly _cell: string };

interface Message {
  readonly rows: readonly Row[];
  readonly removed: readonly string[];
}

export class LiveClient {
  private readonly rows = new Map<string, Row>();
  private readonly ending = new AbortController();
  /** The events that came, in order: `snapshot` or `rows`. */
  readonly events: string[] = [];
  lastId = '';
  /** The stream was ended by the server, or broke. */
  ended = false;

  private constructor() {}

  /** @param url of the product's live updates */
  static async open(url: string, lastEventId?: string): Promise<LiveClient> {
    const client = new LiveClient();
    const response = await fetch(url, {
      headers: {
        accept: 'text/event-stream',
        ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
      },
      signal: client.ending.signal,
    });
    if (response.status !== 200) throw new Error(await response.text());
    void client.read(response.body as ReadableStream<Uint8Array>);
    return client;
  }

  /** What it shows. */
  cells(): Cells {
    return cellsOfRows([...this.rows.values()]);
  }

  close(): void {
    this.ending.abort();
  }

  private async read(body: ReadableStream<Uint8Array>): Promise<void> {
    let text = '';
    try {
      for await (const chunk of body) {
        text += Buffer.from(chunk).toString();
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) this.take(block);
      }
    } catch {
      // It was closed here, or broke: said by `ended`.
    }
    this.ended = true;
  }

  private take(block: string): void {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
    const event = field('event');
    if (event === undefined) return;
    const { rows, removed } = JSON.parse(field('data') ?? '{}') as Message;
    if (event === 'snapshot') this.rows.clear();
    for (const row of rows) this.rows.set(row._cell, row);
    for (const cell of removed) this.rows.delete(cell);
    this.lastId = field('id') ?? this.lastId;
    this.events.push(event);
  }
}
