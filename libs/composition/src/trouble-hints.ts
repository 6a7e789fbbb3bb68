/** What to do about what is wrong with a product, by its code. */

const HINTS: Readonly<Record<string, string>> = {
  'log-hole':
    'Put back the archive or the topic that has these records (looked for every 10 s), or take them for lost: tenon accept-loss.',
  'dedupe-hole': 'Put back the archive or the topic that has these records; it ends with the next start.',
  'log-too-short': 'Restore the topic: it is another one, or has lost what it acknowledged.',
  'log-replaced':
    'Restore the topic as it was, or start with TENON_ACCEPT_TOPICS where the same records are in a new one.',
  'archive-damaged':
    'Put a copy of the file back (tenon verify checks all of them); the next cut computes anew.',
  'archive-gap': 'tenon verify says which files are missing: put them back; the next cut computes anew.',
  'document-damaged': 'Restore the store from a copy, or build the product anew: tenon reprocess.',
  'log-damaged': 'Restore the file that is named from a copy; the log begins anew with it at the next start.',
  'product-failed': 'Change its SQL, and raise its version; tenon query --json has the whole error.',
  'engine-failed': 'Look at memory (TENON_ENGINE_MEMORY) and disk; it is tried again after a pause.',
  'record-too-large': 'Fewer measures with many values, or a larger max.message.bytes of the topic in Kafka.',
  'document-too-large': 'Fewer measures with many values, or smaller keys.',
  'many-refused':
    'tenon dlq list says why. Mend its SQL and raise its version, or mend who sends the events.',
  'ledger-open':
    'tenon ledger has the counts. Does another program write to the topic, or compact it? Else build it anew: tenon reprocess.',
  'layer-away': 'Bring that layer’s store back: the next answers are whole.',
  'layers-apart': 'It catches up by itself, as batch makes the generations again from the archive.',
  'unsupported-version': 'Start the newer release of the service that reads it.',
};

/** Every code has one: of those that nobody has foreseen, where to look. */
export const troubleHint = (code: string): string =>
  HINTS[code] ?? `docs/errors.md says what ${code} is; the log of that service says more.`;
