/** For specs of commands: runs a command line and keeps what it writes. */
import { main } from './main';

export async function runLine(...args: readonly string[]) {
  const written = { out: '', err: '' };
  const output = {
    out: { write: (text: string) => (written.out += text) },
    err: { write: (text: string) => (written.err += text) },
    exitCode: 0 as const,
  };
  return { code: await main(args, output), ...written };
}
