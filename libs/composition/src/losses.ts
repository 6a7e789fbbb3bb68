/** What serving needs to accept losses: the book, and everything that speed has landed. */
import type { Plan, SourceDefinition } from '@tenon/domain';
import type { EventLog, ProductStore, TroubleBook } from '@tenon/ports';
import type { LossDesk } from '@tenon/service-serving';
import { acceptLoss, layoutOf, lossBook } from '@tenon/views';
import type { LayerScope, Layers } from './layers';
import { isSeparate } from './layers';

interface LossDeps {
  readonly log: EventLog;
  readonly store: ProductStore;
  readonly troubles: TroubleBook;
  readonly sources: readonly SourceDefinition[];
  readonly plans: readonly Plan[];
}

export function lossesOf(scope: LayerScope, layers: Layers | null, deps: LossDeps): LossDesk {
  const { log, store, troubles, sources, plans } = deps;
  const book = lossBook(store);
  const speed = layers?.speed?.store;
  if (scope !== 'all' || (plans.some(isSeparate) && speed === undefined)) return { book };
  return {
    book,
    accept: (source, loss) => {
      const products = plans
        .filter((plan) => plan.source === source.name)
        .map((plan) => ({
          layout: layoutOf(plan, sources),
          store: isSeparate(plan) ? (speed ?? store) : store,
        }));
      return acceptLoss({ log, store, book, troubles, products }, source, loss);
    },
  };
}
