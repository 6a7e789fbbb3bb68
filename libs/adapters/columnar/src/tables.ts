import type { Tables } from '@tenon/ports';

/** The libraries are loaded with the first answer that needs them: they are large, and most processes never give one. */
export function createTables(): Tables {
  return {
    async *encode(format, head, rows) {
      const { arrowStream } = await import('./arrow-stream');
      if (format === 'arrow') yield* arrowStream(head, rows);
      else yield* (await import('./parquet')).parquetFile(head, rows);
    },
  };
}
