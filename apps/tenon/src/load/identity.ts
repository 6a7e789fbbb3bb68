/** Ids of rows: the same file gives the same ids, so that nothing counts twice however often it is sent. */

/** 96 bits of the file's digest and the row: `3f0c...-17`. */
export const eventId = (base: string, row: number) => `${base.slice(0, 24)}-${row}`;

/** What (source, id) is unique within: loads of one file are one source, wherever the file lies. */
export const EVENT_SOURCE = 'tenon:load';
