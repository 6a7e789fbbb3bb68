/** What the status warns of where instances of services are concerned: all that they say of themselves. */
import type { Problem } from '@tenon/domain';
import type { RefusedLately } from '@tenon/service-ingestion';
import type { ServiceState } from './instance';

export const serviceWarnings = (states: readonly ServiceState[]): Problem[] => [
  ...stuckWarnings(states),
  ...notReadyWarnings(states),
  ...restartWarnings(states),
  ...refusedCatalogWarnings(states),
  ...versionWarnings(states),
  ...letterWarnings(states),
];

/** One warning for all services of an instance that say the same. */
function perInstance(
  states: readonly ServiceState[],
  said: (state: ServiceState) => string | undefined,
): { readonly who: string; readonly instance: string; readonly text: string }[] {
  const found = new Map<string, { names: string[]; instance: string; text: string }>();
  for (const state of states) {
    const text = said(state);
    if (text === undefined) continue;
    const key = JSON.stringify([state.instance, text]);
    const one = found.get(key) ?? { names: [], instance: state.instance, text };
    one.names.push(state.name);
    found.set(key, one);
  }
  return [...found.values()].map(({ names, instance, text }) => ({
    ...{ who: `${names.join(', ')} (${instance})`, instance, text },
  }));
}

function stuckWarnings(states: readonly ServiceState[]): Problem[] {
  return perInstance(states, ({ stuck }) => stuck).map(({ instance, text }) => ({
    code: 'service-stuck',
    message: `${instance}: ${text}`,
    hint: 'Start its process again: what it had not landed is read again from the log.',
  }));
}

function notReadyWarnings(states: readonly ServiceState[]): Problem[] {
  const reasons = perInstance(states, ({ ready, reason }) =>
    ready ? undefined : (reason ?? 'It does not say why.'),
  );
  return reasons.map(({ who, text }) => ({
    code: 'not-ready',
    message: `Not ready: ${who}: ${text}`,
    hint: 'It goes on by itself once that is over; look at the server or the disk that is named, and at its log.',
  }));
}

function restartWarnings(states: readonly ServiceState[]): Problem[] {
  return states.flatMap(({ name, instance, restarts, failed }) => {
    if (failed === undefined) return [];
    const message = `${name} (${instance}) failed at ${failed.at} and was started again, ${restarts} times since its process was started: ${failed.reason}`;
    const hint = 'Its log says more, at level error. If it goes on, report it with these lines.';
    return [{ code: 'service-restarted', message, hint }];
  });
}

function refusedCatalogWarnings(states: readonly ServiceState[]): Problem[] {
  return perInstance(states, ({ catalogRefused }) => catalogRefused).map(({ instance, text }) => ({
    code: 'catalog-refused',
    message: `${instance} goes on with the catalog before, since the one in its directory was refused: ${text}`,
    hint: 'tenon plan names all that is wrong with it. Mend the directory, then tenon reload.',
  }));
}

function versionWarnings(states: readonly ServiceState[]): Problem[] {
  const versions = [...new Set(states.map(({ version }) => version))].sort();
  if (versions.length < 2) return [];
  const message = `Services run the versions ${versions.join(', ')}.`;
  const hint =
    'Fine while services are updated one after the other; a service reads the release before its own.';
  return [{ code: 'versions-differ', message, hint }];
}

/** Instances of ingestion count the same letters, so of each source the highest count is told. */
function letterWarnings(states: readonly ServiceState[]): Problem[] {
  const most = new Map<string, RefusedLately>();
  for (const one of states.flatMap(({ refusedLately }) => refusedLately ?? []))
    if (one.count > (most.get(one.source)?.count ?? 0)) most.set(one.source, one);
  return [...most.values()].map(({ source, count, minutes, reasons }) => ({
    code: 'dead-letters-growing',
    message: `${count} events of ${source} became dead letters in the last ${minutes} minutes: ${reasons.join(', ')}.`,
    hint: `tenon dlq list --source ${source} shows them. Mend who sends them, the schema or the SQL; then tenon dlq replay, or tenon dlq drop.`,
  }));
}
