/** Names and texts as SQL: the only place where text becomes part of a statement. */

/** `name` as a quoted identifier, whatever it holds. */
export const quoteName = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** `text` as a string literal, whatever it holds. */
export const quoteText = (text: string) => `'${text.replaceAll("'", "''")}'`;
