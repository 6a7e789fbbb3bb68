/** Golden messages put back where they travel, as if another version of the services had just written them. */
import { TOPICS } from '@tenon/contracts';
import type { Value } from '@tenon/domain';
import type { NewRecord } from '@tenon/ports';
import type { Golden, GoldenSet } from './golden';
import { SOURCE, type Scene } from './scene';

export class PlayedBack {
  constructor(
    private readonly scene: Scene,
    private readonly golden: GoldenSet,
  ) {}

  /** The value of a golden message as JSON. */
  json<T = Value>(name: string, index = 0): T {
    return JSON.parse((this.golden[name]?.[index] as Golden).value) as T;
  }

  records(name: string): NewRecord[] {
    return (this.golden[name] ?? []).flatMap((one) =>
      'topic' in one ? [{ partition: 0, key: one.key, value: one.value, headers: one.headers }] : [],
    );
  }

  /** The events topic as it was: four events, the barrier of epoch 1, another event. */
  async events(): Promise<void> {
    const [events, barriers] = [this.records('event'), this.records('barrier')];
    const records = [...events.slice(0, 4), barriers[0] as NewRecord, ...events.slice(4)];
    await this.scene.append(TOPICS.events(SOURCE.name), records);
  }

  async topic(...names: readonly string[]): Promise<void> {
    for (const name of names)
      for (const one of this.golden[name] ?? [])
        if ('topic' in one) {
          const { topic, key, value, headers } = one;
          await this.scene.append(topic, [{ partition: 0, key, value, headers }]);
        }
  }

  /** Documents of the store. */
  async store(...names: readonly string[]): Promise<void> {
    await this.scene.store.transact(async (tx) => {
      for (const name of names)
        for (const one of this.golden[name] ?? [])
          if ('table' in one) tx.put(one.table, one.key, JSON.parse(one.value));
    });
  }

  /** A message of the bus. */
  publish(name: string, index = 0): void {
    const one = this.golden[name]?.[index] as Golden;
    if ('subject' in one) this.scene.bus.publish(one.subject, JSON.parse(one.value) as Value, one.headers);
  }
}
