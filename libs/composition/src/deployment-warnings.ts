/** What the status of a deployment warns of. */
import type { Problem } from '@tenon/domain';
import type { BusState, SilentService } from './deployment';
import type { ServiceState } from './instance';

/** So many ends soon after a start are no accident. */
const MANY_SHORT_LIVES = 2;

export function busWarnings(bus: BusState): Problem[] {
  if (bus === 'connected') return [];
  const message =
    bus === 'away'
      ? 'NATS is away: this instance answers for itself alone.'
      : 'NATS does not pass messages on: this instance answers for itself alone.';
  return [{ code: 'bus-away', message, hint: 'Answers stay right; hints and control come back with NATS.' }];
}

export function silentWarnings(silent: readonly SilentService[]): Problem[] {
  return silent.map(({ name, instance }) => ({
    code: 'instance-silent',
    message: `${name} ${instance} does not answer.`,
    hint: 'It was there within the last minute: it may hang, or have been killed.',
  }));
}

export const absentWarning = (name: string): Problem => ({
  code: 'service-absent',
  message: `No instance of ${name} is there.`,
  hint: 'Start one; if one was started, its log says why it ended.',
});

/** Services of which instances come and go again and again, though each says goodbye. */
export function restlessWarnings(shortLived: ReadonlyMap<string, number>): Problem[] {
  return [...shortLived]
    .filter(([, count]) => count >= MANY_SHORT_LIVES)
    .map(([name, count]) => ({
      code: 'service-restless',
      message: `${count} instances of ${name} ended within a minute of their start, in the last ten minutes.`,
      hint: 'Its log says why it ends.',
    }));
}

/** Instances that run another catalog than the one that was taken last. */
export function catalogWarnings(states: readonly ServiceState[]): Problem[] {
  const known = states.filter(({ catalogSince }) => typeof catalogSince === 'string');
  const [latest] = [...known].sort((a, b) => (a.catalogSince > b.catalogSince ? -1 : 1));
  return known
    .filter(({ catalog }) => catalog !== latest?.catalog)
    .map(({ name, instance, catalog }) => ({
      code: 'catalog-differs',
      message: `${name} ${instance} runs the catalog ${catalog}, and not ${latest?.catalog} as ${latest?.name} ${latest?.instance}, which took it later.`,
      hint: 'It missed a reload, refused it, or reads another directory: tenon reload says which.',
    }));
}
