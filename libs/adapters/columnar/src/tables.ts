/* eslint-disable @typescript-eslint/no-require-imports -- `import()` would go past the loader of bin/tenon.js, which hooks `require` */
import type { Tables } from '@tenon/ports';
import type * as ArrowStream from './arrow-stream';
import type * as Parquet from './parquet';

/** The libraries are loaded with the first answer that needs them: they are large, and most processes never give one. */
export function createTables(): Tables {
  return {
    async *encode(format, head, rows) {
      if (format === 'arrow')
        yield* (require('./arrow-stream') as typeof ArrowStream).arrowStream(head, rows);
      else yield* (require('./parquet') as typeof Parquet).parquetFile(head, rows);
    },
  };
}
