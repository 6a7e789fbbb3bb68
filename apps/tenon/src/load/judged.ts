/** What the layers made of the rows that a load has sent: which of them were there before, and which contradict what is there. */
import type { OffsetVector } from '@tenon/domain';
import type { Client } from '../cli/client';
import { sleep } from '../cli/sse';

/** What had been judged of a source at a time. */
export interface Judged {
  readonly included: Readonly<Record<string, number>>;
  readonly duplicates: number;
  readonly conflicts: number;
}

interface Answers {
  readonly ledger: { readonly products?: readonly LedgerRow[] };
  readonly status: { readonly deadLetters?: readonly { source: string; reason: string; count: number }[] };
}

interface LedgerRow {
  readonly source: string;
  readonly included: Readonly<Record<string, number>>;
  readonly duplicate: number;
}

/** @returns null where no product reads the source, or nobody says */
export async function judgedOf(client: Client, source: string): Promise<Judged | null> {
  try {
    const ledger = await client.json<Answers['ledger']>('/v1/ledger');
    const row = (ledger.products ?? []).find((one) => one.source === source);
    if (row === undefined) return null;
    const status = await client.json<Answers['status']>('/v1/status');
    const conflict = (status.deadLetters ?? []).find(
      (one) => one.source === source && one.reason === 'id-conflict',
    );
    return { included: row.included, duplicates: row.duplicate, conflicts: conflict?.count ?? 0 };
  } catch {
    return null;
  }
}

const ASK_EVERY_MS = 100;

/** What has been judged once all that was sent is; null if that takes longer, or somebody has had enough. */
export async function judgedAfter(
  client: Client,
  source: string,
  offsets: OffsetVector,
  patienceMs: number,
  signal: AbortSignal,
): Promise<Judged | null> {
  const began = performance.now();
  const wanted = Object.entries(offsets[source] ?? {});
  while (!signal.aborted && performance.now() - began < patienceMs) {
    const judged = await judgedOf(client, source);
    if (judged === null) return null;
    if (wanted.every(([partition, next]) => (judged.included[partition] ?? 0) >= next)) return judged;
    await sleep(ASK_EVERY_MS, signal);
  }
  return null;
}
