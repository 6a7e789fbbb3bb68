/** What the demo says on its way. */
import type { Output } from '../cli/output';
import { grouped, styles } from '../cli/output';
import type { DemoOptions } from './index';

export function sayStart({ out }: Output): void {
  const { bold, dim } = styles(out);
  out.write(`${bold('Tenon')}: one SQL definition, served exact and fresh.\n`);
  out.write(dim('The example: 3,000,000 real US flights of 2001, first as history, then live.\n\n'));
}

export function sayUp(url: string, { out }: Output): void {
  const { bold } = styles(out);
  out.write(`Five services are up in this process: ${bold(url)}\n`);
}

export function sayHistoryDone(
  url: string,
  position: number,
  { speed, history }: DemoOptions,
  { out }: Output,
): void {
  const { bold, dim } = styles(out);
  const from = position > history ? `on after flight ${grouped(position)}` : 'the rest of the flights';
  const commands = [
    [
      'npx tenon query airport_hours --where origin=ATL --order desc --limit 10',
      'exact, up to the last event',
    ],
    ['npx tenon watch airport_hours --where origin=ORD', 'the same, live'],
    ['npx tenon cut', 'batch takes over up to now'],
  ] as const;
  const width = Math.max(...commands.map(([command]) => command.length));
  out.write(`Live now: ${from}, ${grouped(speed)} times as fast as real time.\n\n`);
  out.write(`Open ${bold(url)}, or try in another terminal:\n`);
  if (url !== 'http://127.0.0.1:7070') out.write(`  ${bold(`export TENON_URL=${url}`)}\n`);
  for (const [command, what] of commands) out.write(`  ${bold(command.padEnd(width))}  ${dim(what)}\n`);
  out.write(dim('Ctrl-C ends it; started again, it goes on where it was.\n\n'));
}
