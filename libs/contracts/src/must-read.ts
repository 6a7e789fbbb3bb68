/** Versions of what is read, checked where it is read. */
import { UnsupportedVersion } from './unsupported-version';
import type { MessageName } from './versions';
import { isUnknownVersion, unknownVersion } from './versions';

/**
 * A document of the store that has its version in it, or undefined where there is none.
 *
 * @throws UnsupportedVersion
 */
export function supported<T extends { readonly v?: unknown }>(
  message: MessageName,
  document: T | undefined,
): T | undefined {
  const unknown = unknownVersion(message, document?.v);
  if (unknown !== undefined) throw new UnsupportedVersion(unknown, 'the store');
  return document;
}

/** What a reader of libs/contracts gave, unless that is a version that this release can't read. @throws UnsupportedVersion */
export function mustRead<T>(read: T, place: () => string): Exclude<T, { readonly unknownVersion: number }> {
  if (isUnknownVersion(read)) throw new UnsupportedVersion(read, place());
  return read as Exclude<T, { readonly unknownVersion: number }>;
}
