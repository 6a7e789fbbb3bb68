/** What the steps in the life of a product's versions are made of. */
import type { Plan, Problem, RestatementRule, SourceDefinition, Topology, Versions } from '@tenon/domain';
import { HttpProblem } from '@tenon/errors';
import type { Bus, Clock, Engine, EventLog, Logger, ProductStore } from '@tenon/ports';
import type { VersionBook } from '@tenon/views';
import type { ProductLayers } from './product-layers';

export const STEPS = [
  ...(['promote', 'rollback', 'reprocess', 'restate', 'switch'] as const),
  ...(['pause', 'resume', 'throttle', 'cancel', 'drop'] as const),
] as const;
export type Step = (typeof STEPS)[number];

export interface StepOptions {
  /** Promote, drop: which version. Absent: the one that is built. */
  readonly version?: number;
  /** Promote: only if this holds of what differs from the served version, e.g. `changed < 500`. */
  readonly condition?: string;
  /** Reprocess, restate: its name goes over to it by itself. */
  readonly auto?: boolean;
  /** Reprocess, restate, throttle: so many events a second at most, for each layer. Absent: as many as can be. */
  readonly throttle?: number;
  /** Switch: to which one. */
  readonly topology?: Topology;
  /** Restate: which events are left out, or replaced. */
  readonly rule?: RestatementRule;
}

export interface StepDeps {
  readonly store: ProductStore;
  readonly log: Pick<EventLog, 'endOffsets'>;
  readonly layers: (plans: readonly Plan[]) => Promise<ProductLayers>;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly engine: Pick<Engine, 'plan' | 'finalize'>;
  readonly sources: () => readonly SourceDefinition[];
  /** Names that the catalog has. */
  readonly names: () => readonly string[];
  readonly graceMs: number;
  /** Instances of serving that are known. */
  readonly servings: () => number;
}

/** What became of a step. */
export interface StepAnswer {
  readonly product: string;
  readonly step: Step;
  /** The version that it was about. */
  readonly version: number;
  /** What the name answers with now, and before. */
  readonly served: number;
  readonly before: number;
}

export type Taken = Promise<Versions | Problem | undefined>;
export type Take = (
  deps: StepDeps,
  book: VersionBook,
  name: string,
  before: Versions,
  options: StepOptions,
) => Taken;

export const overtaken = ({ served }: Versions): Problem => ({
  code: 'version-overtaken',
  message: `Version ${served} has been served meanwhile.`,
  hint: 'Look at it, and promote again if it is still what you want.',
});

export const unknownProduct = ({ names }: StepDeps, name: string) =>
  new HttpProblem(
    404,
    'unknown-product',
    `There is no product ${name}. Products: ${names().join(', ') || 'none'}.`,
  );
