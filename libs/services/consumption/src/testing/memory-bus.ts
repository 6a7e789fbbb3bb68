import type { Value } from '@tenon/domain';
import type { Bus, BusHeaders } from '@tenon/ports';

type Responder = Parameters<Bus['respond']>[1];

/** Remembers what was published, and who responds. */
export class MemoryBus implements Bus {
  readonly published: { readonly subject: string; readonly payload: Value; readonly headers?: BusHeaders }[] =
    [];
  readonly responders = new Map<string, Responder>();

  publish(subject: string, payload: Value, headers?: BusHeaders): void {
    this.published.push({ subject, payload, ...(headers !== undefined && { headers }) });
  }

  /** What was published on a subject, in order. */
  on = (subject: string): Value[] =>
    this.published.filter((one) => one.subject === subject).map(({ payload }) => payload);

  subscribe = async () => ({ close: async () => undefined });
  request = async (): Promise<Value[]> => [];

  async respond(subject: string, answer: Responder): Promise<{ close(): Promise<void> }> {
    this.responders.set(subject, answer);
    return { close: async () => void this.responders.delete(subject) };
  }

  connected = (): boolean => true;
  close = async (): Promise<void> => undefined;
}
