import type { Logger } from '@tenon/ports';

/** For whoever does not log. */
export const NO_LOGGER: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => NO_LOGGER,
};
