/** Bytes of cells' documents that are made into rows at a time, so that no page's cells are all held at once. */
export const CHUNK_BYTES = 8 << 20;
