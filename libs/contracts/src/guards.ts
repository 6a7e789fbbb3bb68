/* eslint-disable @typescript-eslint/no-require-imports -- loaded with the first message that is read: the CLI reads none */
/**
 * Whether what was read is a message of the wire: by the schemas of libs/contracts/schemas, which the wire's documents are made
 * of too. Fields that a schema does not name may be there.
 */
import type { ValidateFunction } from 'ajv';
import type Ajv2020 from 'ajv/dist/2020';
import aliveHint from '../schemas/alive-hint.json';
import barrier from '../schemas/barrier.json';
import commit from '../schemas/commit.json';
import cutHint from '../schemas/cut-hint.json';
import cutReply from '../schemas/cut-reply.json';
import cutRequest from '../schemas/cut-request.json';
import cut from '../schemas/cut.json';
import flush from '../schemas/flush.json';
import feedPositions from '../schemas/feed-positions.json';
import generationHint from '../schemas/generation-hint.json';
import generationsReply from '../schemas/generations-reply.json';
import generationsRequest from '../schemas/generations-request.json';
import liveHint from '../schemas/live-hint.json';
import reloadReply from '../schemas/reload-reply.json';
import reloadRequest from '../schemas/reload-request.json';
import replayHint from '../schemas/replay-hint.json';
import settledLetters from '../schemas/settled-letters.json';
import slice from '../schemas/slice.json';
import statusReply from '../schemas/status-reply.json';
import statusRequest from '../schemas/status-request.json';
import type { MessageName } from './versions';
import { VERSIONS } from './versions';

const SCHEMAS = {
  ...{ flush, slice, commit, barrier, cut, 'settled-letters': settledLetters },
  'feed-positions': feedPositions,
  ...{ 'alive-hint': aliveHint, 'cut-hint': cutHint, 'generation-hint': generationHint },
  ...{ 'live-hint': liveHint, 'replay-hint': replayHint },
  ...{ 'cut-request': cutRequest, 'cut-reply': cutReply },
  ...{ 'generations-request': generationsRequest, 'generations-reply': generationsReply },
  ...{ 'reload-request': reloadRequest, 'reload-reply': reloadReply },
  ...{ 'status-request': statusRequest, 'status-reply': statusReply },
} satisfies Partial<Record<MessageName, object>>;

export type GuardedMessage = keyof typeof SCHEMAS;

const compiled = new Map<GuardedMessage, ValidateFunction>();
let ajv: Ajv2020 | undefined;

/**
 * @returns why it is no message of this kind, in words; undefined if it is one. Of another version than this release writes
 * nothing is said: its reader knows what to do with it
 */
export function misfit(message: GuardedMessage, value: unknown): string | undefined {
  const v = (value as { readonly v?: unknown } | null | undefined)?.v;
  const { writes } = VERSIONS[message];
  if (Number.isSafeInteger(v) ? v !== writes : v === undefined && writes > 1 && isMapping(value))
    return undefined;
  const check = compiled.get(message) ?? compile(message);
  if (check(value)) return undefined;
  const [error] = check.errors ?? [];
  return `${error?.instancePath || 'it'} ${error?.message ?? 'does not fit'}`;
}

const isMapping = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);

function compile(message: GuardedMessage): ValidateFunction {
  ajv ??= new (require('ajv/dist/2020') as { default: typeof Ajv2020 }).default({
    ...{ strict: false, validateSchema: false, logger: false },
  });
  const check = ajv.compile(SCHEMAS[message]);
  compiled.set(message, check);
  return check;
}
