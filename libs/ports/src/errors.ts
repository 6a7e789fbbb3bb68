import type { UnknownVersion } from '@tenon/contracts';
import { VERSIONS } from '@tenon/contracts';
import type { Problem } from '@tenon/domain';

/** An error with a stable code (docs/errors.md). `retryable` says whether the same call may work later. */
export class TenonError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly details: { readonly retryable?: boolean; readonly hint?: string; readonly cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'TenonError';
  }
}

/** The log, the store or the lake can't be reached or is full: nothing was acknowledged; try again. */
export class Unavailable extends TenonError {
  constructor(message: string, cause?: unknown) {
    super('unavailable', message, { retryable: true, cause });
  }
}

/** A topic exists with another number of partitions than the catalog says. */
export class TopicMismatch extends TenonError {
  constructor(topic: string, has: number, wants: number) {
    super('topic-mismatch', `Topic ${topic} has ${has} partitions, the catalog says ${wants}.`, {
      hint: `Set partitions: ${has} in the source's YAML, or use a new source name (a dump and restore keeps the data).`,
    });
  }
}

/**
 * A message or document of a version that this release can't read (docs/wire.md). Its reader stops there: to go on would be
 * to lose it silently.
 */
export class UnsupportedVersion extends TenonError {
  constructor({ message, unknownVersion }: UnknownVersion, place: string) {
    super(
      'unsupported-version',
      `${place}: ${/^[aeiou]/.test(message) ? 'an' : 'a'} ${message} of version ${unknownVersion}, and this release reads ${VERSIONS[message].reads.join(' and ')}.`,
      {
        hint: 'Start a newer release of this service: readers are upgraded before writers. Nothing is lost meanwhile.',
      },
    );
  }
}

/** A definition can't be used: every problem at once. */
export class Refusal extends TenonError {
  constructor(
    code: string,
    readonly problems: readonly Problem[],
  ) {
    super(code, problems.map((problem) => problem.message).join('\n'));
  }
}
