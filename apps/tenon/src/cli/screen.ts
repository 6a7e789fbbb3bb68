/** A table that is redrawn in place, on the terminal's alternate screen, so that what stood there comes back. */
import type { AnswerEnvelope, Row } from '@tenon/contracts';
import type { Sink } from './output';
import { grouped, styles } from './output';
import { columnsOf, rowsTable } from './rows';

export interface LiveView {
  open(): void;
  update(snapshot: boolean, rows: readonly Row[], removed: readonly string[], answer?: AnswerEnvelope): void;
  note(text: string): void;
  close(): void;
}

/** Rows that are kept, the newest windows first; a screen shows the first of them. */
const KEPT = 1000;

export function createLiveView(
  sink: Sink,
  product: string,
  asked: () => { readonly columns: readonly string[]; readonly windowColumn: string | null },
): LiveView {
  const { bold, dim, yellow } = styles(sink);
  let rows = new Map<string, Row>();
  let changed = new Set<string>();
  let answer: AnswerEnvelope | undefined;
  let updates = 0;

  const draw = (note = '') => {
    const { columns, windowColumn } = asked();
    const height = Math.max(3, (sink.rows ?? 24) - 5);
    const shown = ordered([...rows.values()], windowColumn, changed).slice(0, height);
    const state = answer
      ? `${answer.status} · generation ${answer.generation} · ${answer.behind === 0 ? 'nothing behind' : `${grouped(answer.behind)} events behind`}`
      : 'waiting for events';
    const table = shown.length === 0 ? '' : rowsTable(shown, columnsOf(shown, columns), sink);
    const hidden = rows.size - shown.length;
    const foot = `${hidden > 0 ? `${grouped(hidden)} more rows · ` : ''}${grouped(updates)} ${updates === 1 ? 'update' : 'updates'} · Ctrl-C ends`;
    // Home, then overwrite line by line and clear what is left: no flicker.
    const lines = [
      `${bold(product)}  ${dim(state)}  ${yellow(note)}`,
      '',
      ...table.trimEnd().split('\n'),
      dim(foot),
    ];
    sink.write(`\u001b[H${lines.map((line) => `${line}\u001b[K`).join('\n')}\u001b[J`);
  };

  return {
    open: () => {
      sink.write('\u001b[?1049h\u001b[?25l\u001b[?7l');
      draw();
    },
    update: (snapshot, changedRows, removed, its) => {
      if (snapshot) rows = new Map();
      for (const row of changedRows) rows.set(row._cell, row);
      for (const cell of removed) rows.delete(cell);
      changed = new Set(changedRows.map((row) => row._cell));
      const { windowColumn } = asked();
      if (rows.size > KEPT) {
        rows = new Map(
          ordered([...rows.values()], windowColumn, changed)
            .slice(0, KEPT)
            .map((row) => [row._cell, row]),
        );
      }
      answer = its ?? answer;
      updates += 1;
      draw();
    },
    note: draw,
    close: () => sink.write('\u001b[?7h\u001b[?25h\u001b[?1049l'),
  };
}

/** The newest windows first; without windows, what has just changed. */
function ordered(rows: readonly Row[], windowColumn: string | null, changed: ReadonlySet<string>): Row[] {
  if (windowColumn === null)
    return [...rows].sort((a, b) => Number(changed.has(b._cell)) - Number(changed.has(a._cell)));
  const start = (row: Row) => String(row[windowColumn] ?? '');
  return [...rows].sort((a, b) => (start(a) < start(b) ? 1 : start(a) > start(b) ? -1 : 0));
}
