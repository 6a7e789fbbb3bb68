/** `tenon token`: a new token, and the lines of the file that lets in whoever has it. */
import { randomBytes } from 'node:crypto';
import { hashOf, isGrant } from '@tenon/runtime';
import type { Command } from 'commander';
import { usage } from '../cli/failure';
import { command, jsonOption } from '../cli/options';
import type { Output } from '../cli/output';
import { printJson, styles } from '../cli/output';

const EXAMPLES = [
  ['tenon token shop ingest:orders', 'sends events of one source'],
  [
    "tenon token board 'read:sales_*' >> tokens.yaml",
    'reads some products; the token itself is on the terminal',
  ],
  ['tenon token ops operate', 'cuts, reloads, dead letters; reads all'],
] as const;

export function tokenCommand(output: Output): Command {
  return command('token', 'Make a token, and the lines for the file of tokens', EXAMPLES)
    .argument('<name>', 'Who has it: a word for the audit log')
    .argument('<grants...>', 'ingest, read or operate; with :pattern for some sources or products only')
    .addOption(jsonOption('Print { token, entry } as JSON'))
    .action((name: string, grants: string[], { json }: { json?: boolean }) => {
      const wrong = grants.find((grant) => !isGrant(grant));
      if (wrong !== undefined)
        throw usage(`${wrong} is no grant.`, 'Write ingest, read or operate, or for example read:sales_*.');
      const token = randomBytes(32).toString('base64url');
      const entry = { name, sha256: hashOf(token), grants };
      if (json) return void printJson({ token, entry }, output);
      // JSON is YAML too, and needs no rules for what must be quoted.
      output.out.write(`- ${JSON.stringify(entry)}\n`);
      const { bold, dim } = styles(output.err);
      output.err.write(`${dim('The token, which is shown only now:')} ${bold(token)}\n`);
      output.err.write(`${dim('The line above goes into the file that TENON_TOKENS names.')}\n`);
    });
}
