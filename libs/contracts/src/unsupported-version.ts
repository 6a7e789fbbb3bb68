import { TenonError } from '@tenon/errors';
import type { UnknownVersion } from './versions';
import { VERSIONS } from './versions';

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
