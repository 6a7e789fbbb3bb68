/** An engine that counts records by the cell that their text names; what it was asked is kept. */
import type { LedgerCounts, Plan } from '@tenon/domain';
import { EMPTY_LEDGER } from '@tenon/domain';
import type { Aggregated, Engine, EngineEvent, MicroBatch, PartialPartition, Refused } from '@tenon/ports';

const textOf = ({ record }: EngineEvent) => Buffer.from(record.value).toString();

export class CountingEngine {
  /** The texts of each micro-batch. */
  readonly opened: string[][] = [];
  /** What was done, in order. */
  readonly steps: string[] = [];
  /** Throw from here, or wait. */
  beforeOpen: (plans: readonly Plan[]) => void | Promise<void> = () => undefined;
  beforeAggregate: (plan: Plan, texts: readonly string[]) => void = () => undefined;
  beforeClose: () => void | Promise<void> = () => undefined;

  asEngine(): Engine {
    return { open: (_source, plans, events) => this.open(plans, events) } as Partial<Engine> as Engine;
  }

  private async open(plans: readonly Plan[], events: readonly EngineEvent[]): Promise<MicroBatch> {
    await this.beforeOpen(plans);
    this.steps.push('open');
    this.opened.push(events.map(textOf));
    const poison = events
      .filter((event) => textOf(event) === 'poison')
      .map((event) => refused(event, 'poison'));
    return {
      poison,
      aggregate: async (plan) => {
        this.beforeAggregate(plan, events.map(textOf));
        return aggregate(plan, events);
      },
      close: async () => {
        await this.beforeClose();
        this.steps.push('close');
      },
    };
  }
}

const refused = ({ partition, record }: EngineEvent, code: string): Refused => ({
  ...{ partition, offset: record.offset, code, detail: '' },
});

/** A text that begins with the product's name is one that its SQL can't take. */
function aggregate({ product }: Plan, events: readonly EngineEvent[]): Aggregated {
  const isRefused = (event: EngineEvent) => textOf(event).startsWith(product);
  const partitions = [...new Set(events.map(({ partition }) => partition))].map((partition) => {
    const mine = events.filter((event) => event.partition === partition);
    return counted(partition, mine, isRefused);
  });
  return { partitions, refused: events.filter(isRefused).map((event) => refused(event, 'cast')) };
}

function counted(
  partition: number,
  events: readonly EngineEvent[],
  isRefused: (event: EngineEvent) => boolean,
): PartialPartition {
  const counts = new Map<string, number>();
  let deadLettered = 0;
  for (const event of events) {
    const text = textOf(event);
    if (text === 'poison' || isRefused(event)) deadLettered += 1;
    else counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const aggregated = events.length - deadLettered;
  const ledger: LedgerCounts = { ...EMPTY_LEDGER, aggregated, deadLettered };
  const cells = [...counts].map(([text, count]) => {
    const [hour, shop] = text.split(':') as [string, string];
    return { key: [`2024-01-01T${hour}:00:00Z`, shop], states: [count] };
  });
  return { partition, cells, ledger };
}
