/** What a product is in the store: its id, its lanes, the types of its key; made once. */
import type { CellShape, Lane, Plan, ProductId, SourceDefinition } from '@tenon/domain';
import { cellShape, idOf } from '@tenon/domain';
import type { Order } from './orders';
import { ordersMark, ordersOf } from './orders';

export interface ProductLayout {
  readonly plan: Plan;
  readonly product: ProductId;
  /** In the plan's order, which numbers the lanes (`laneNumber`). */
  readonly sources: readonly string[];
  /** Lane i's flushes stand in partition i of the product's topic (`flushPartition`). */
  readonly lanes: readonly Lane[];
  readonly types: readonly string[];
  /** What keys and states of its cells are held against where they are taken in. */
  readonly shape: CellShape;
  /** How long after its time an event of the sources may come, microseconds. */
  readonly lateness: number;
  /** In which orders its cells stand, beside that of their keys. */
  readonly orders: readonly Order[];
  /** Names `orders` (see `ordersMark`). */
  readonly ordersMark: string;
}

/** The partition of the product's flushes topic that a lane's stand in; -1 for a lane that it does not have. */
export const flushPartition = ({ lanes }: Pick<ProductLayout, 'lanes'>, { source, partition }: Lane) =>
  lanes.findIndex((one) => one.source === source && one.partition === partition);

/** Of each plan; one that is as it was before keeps its layout. */
export const layoutsOf = (
  plans: readonly Plan[],
  definitions: Parameters<typeof layoutOf>[1],
  before: readonly ProductLayout[],
): readonly ProductLayout[] =>
  plans.map((plan) => {
    const text = JSON.stringify(plan);
    return before.find((one) => JSON.stringify(one.plan) === text) ?? layoutOf(plan, definitions);
  });

export function layoutOf(
  plan: Plan,
  definitions: readonly Pick<SourceDefinition, 'name' | 'partitions' | 'latenessMicros'>[],
): ProductLayout {
  const sources = [plan.source];
  const lanes = sources.flatMap((source) => {
    const partitions = definitions.find((one) => one.name === source)?.partitions ?? 1;
    return Array.from({ length: partitions }, (_, partition): Lane => ({ source, partition }));
  });
  const own = definitions.filter(({ name }) => sources.includes(name));
  const lateness = Math.max(0, ...own.map(({ latenessMicros = 0 }) => latenessMicros));
  const orders = ordersOf(plan);
  let shape: CellShape | undefined;
  return {
    ...{ plan, product: idOf(plan), sources, lanes, lateness },
    types: plan.key.map((key) => key.type),
    get shape() {
      return (shape ??= cellShape(plan));
    },
    ...{ orders, ordersMark: ordersMark(orders) },
  };
}
