/**
 * Texts come out of DuckDB as they are. Its client reads them with a decoder that takes a U+FEFF at the beginning for a mark, and
 * leaves it out: two keys would fall into one. All of its readers share one decoder, which is another one from here on.
 */
import * as accessors from '@duckdb/node-api/lib/vectors/dataAccessors';

export function readTextsWhole(): void {
  (accessors as { textDecoder: InstanceType<typeof TextDecoder> }).textDecoder = new TextDecoder('utf-8', {
    ignoreBOM: true,
  });
}
