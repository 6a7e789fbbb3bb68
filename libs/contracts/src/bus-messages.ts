/** What travels on which subject of the bus. */
import type { GuardedMessage } from './guards';
import { SUBJECTS } from './names';

export interface OnSubject {
  readonly message: GuardedMessage;
  /** Absent: nobody answers there. */
  readonly reply?: GuardedMessage;
}

const NAMED: Readonly<Record<string, OnSubject>> = {
  [SUBJECTS.cut]: { message: 'cut-hint' },
  [SUBJECTS.askCut]: { message: 'cut-request', reply: 'cut-reply' },
  [SUBJECTS.run]: { message: 'cut-request', reply: 'cut-reply' },
  [SUBJECTS.reload]: { message: 'reload-request', reply: 'reload-reply' },
  [SUBJECTS.alive]: { message: 'alive-hint' },
  [SUBJECTS.generations]: { message: 'generations-request', reply: 'generations-reply' },
  [SUBJECTS.status]: { message: 'status-request', reply: 'status-reply' },
};

/** Those that end with a product. */
const OF_PRODUCTS: readonly (readonly [prefix: string, OnSubject])[] = [
  ['tenon.live.', { message: 'live-hint' }],
  ['tenon.generation.', { message: 'generation-hint' }],
  ['tenon.replay.', { message: 'replay-hint' }],
];

/** @returns undefined for a subject that is not Tenon's */
export const messagesOn = (subject: string): OnSubject | undefined =>
  NAMED[subject] ?? OF_PRODUCTS.find(([prefix]) => subject.startsWith(prefix))?.[1];
