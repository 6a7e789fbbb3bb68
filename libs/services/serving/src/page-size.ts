/** Bytes of cells' documents that are made into rows at a time, so that no page's cells are all held at once. */
export const CHUNK_BYTES = 8 << 20;

/** Characters of a page's part. A page that has more is streamed: no more than a part is made into what is sent at a time. */
export const PART_CHARS = 256 << 10;
