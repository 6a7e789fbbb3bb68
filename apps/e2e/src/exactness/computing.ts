/** The lake and the engine as one process of a simulated world sees them. */
import type { Engine, Lake } from '@tenon/ports';
import type { Calls } from './calls';
import { each } from './calls';
import type { Process } from './simulation';

export function lakePort(calls: Calls, inner: () => Lake, process: Process): Lake {
  return {
    stage: () => calls.call(process, 'stage', () => inner().stage()),
    commit: (path, name) => calls.effect(process, 'commit', () => inner().commit(path, name)),
    list: (prefix) => calls.call(process, 'list', () => inner().list(prefix)),
    path: (name) => calls.simulation.inside(() => inner().path(name)),
    print: (path) => calls.simulation.inside(() => inner().print(path)),
    remove: (name) => calls.effect(process, 'remove', () => inner().remove(name)),
  };
}

export function enginePort(calls: Calls, inner: () => Engine, process: Process): Engine {
  const inside = <T>(operation: () => Promise<T>) => calls.call(process, 'engine', operation);
  const ending = (operation: () => Promise<unknown>) => calls.simulation.inside(operation);
  return {
    interrupt: () => inner().interrupt(),
    plan: (source, product) => inside(() => inner().plan(source, product)),
    open: async (source, plans, events) => {
      const batch = await inside(() => inner().open(source, plans, events));
      return {
        poison: batch.poison,
        aggregate: (plan) => inside(() => batch.aggregate(plan)),
        close: () => calls.simulation.inside(() => batch.close()),
      };
    },
    archiveColumns: (source) => inner().archiveColumns(source),
    archiveAge: (path) => inside(() => inner().archiveAge(path)),
    joinArchive: (paths, to, mark) => inside(() => inner().joinArchive(paths, to, mark)),
    openArchive: (source) => {
      const writer = inner().openArchive(source);
      return {
        add: (records) => inside(() => writer.add(records)),
        finish: (path) => inside(() => writer.finish(path)),
        discard: () => calls.simulation.inside(() => writer.discard()),
      };
    },
    readArchive: (range) => each(inside, ending, inner().readArchive(range)),
    aggregateArchive: async (source, plan, ranges) => {
      const result = await inside(() => inner().aggregateArchive(source, plan, ranges));
      return { ...result, cells: each(inside, ending, result.cells) };
    },
    finalize: (plan, cells) => inside(() => inner().finalize(plan, cells)),
    close: async () => undefined,
  };
}
