import type { Value } from '@tenon/domain';
import type { Bus } from '@tenon/ports';

type Responder = Parameters<Bus['respond']>[1];

/** Delivers at once; `generations` is what consumption answers. */
export class MemoryBus implements Bus {
  readonly published: { subject: string; payload: Value }[] = [];
  readonly handlers = new Set<() => void>();
  readonly responders = new Map<string, Responder>();
  generations: () => Value[] = () => [];

  publish(subject: string, payload: Value): void {
    this.published.push({ subject, payload });
  }

  async subscribe(_subject: string, handle: (message: never) => void): Promise<{ close(): Promise<void> }> {
    const handler = () => handle(undefined as never);
    this.handlers.add(handler);
    return { close: async () => void this.handlers.delete(handler) };
  }

  request = async (): Promise<Value[]> => this.generations();

  async respond(subject: string, answer: Responder): Promise<{ close(): Promise<void> }> {
    this.responders.set(subject, answer);
    return { close: async () => void this.responders.delete(subject) };
  }

  connected = (): boolean => true;
  close = async (): Promise<void> => undefined;
}
