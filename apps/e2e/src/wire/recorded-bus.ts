/** A bus that keeps all that is sent over it. */
import { createMemoryBus } from '@tenon/adapters-embedded';
import type { Value } from '@tenon/domain';
import type { Bus, BusHeaders, BusMessage, Subscription } from '@tenon/ports';

export interface Sent {
  readonly kind: 'message' | 'request' | 'reply';
  readonly subject: string;
  readonly headers: BusHeaders;
  readonly payload: Value;
}

export class RecordedBus implements Bus {
  readonly sent: Sent[] = [];
  private readonly bus = createMemoryBus();

  publish(subject: string, payload: Value, headers: BusHeaders = {}): void {
    this.sent.push({ kind: 'message', subject, headers, payload });
    this.bus.publish(subject, payload, headers);
  }

  subscribe(subject: string, handle: (message: BusMessage) => void): Promise<Subscription> {
    return this.bus.subscribe(subject, handle);
  }

  request(subject: string, payload: Value, options: Parameters<Bus['request']>[2]): Promise<Value[]> {
    this.sent.push({ kind: 'request', subject, headers: options.headers ?? {}, payload });
    return this.bus.request(subject, payload, options);
  }

  respond(subject: string, answer: (message: BusMessage) => Value | Promise<Value>): Promise<Subscription> {
    return this.bus.respond(subject, async (message) => {
      const payload = await answer(message);
      this.sent.push({ kind: 'reply', subject, headers: {}, payload });
      return payload;
    });
  }

  connected = (): boolean => true;
  close = (): Promise<void> => this.bus.close();
}
