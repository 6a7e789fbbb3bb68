/**
 * Texts come out of DuckDB as they are. Its client reads them with a decoder that takes a U+FEFF at the beginning for a mark, and
 * leaves it out: two keys would fall into one. All of its readers share one decoder, which decodes like another one from here on.
 */
import { TextDecoder } from 'node:util';
import * as accessors from '@duckdb/node-api/lib/vectors/dataAccessors';

export function readTextsWhole(): void {
  const whole = new TextDecoder('utf-8', { ignoreBOM: true });
  // The decoder itself is changed: what a module exports may be read-only, as it is where tsx runs this.
  (accessors as { textDecoder: InstanceType<typeof TextDecoder> }).textDecoder.decode = (bytes) =>
    whole.decode(bytes);
}
