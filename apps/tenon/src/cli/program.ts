/** The command tree. Commands load what they need when they run, so that help is quick. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { acceptLossCommand } from '../commands/accept-loss';
import { applyCommand } from '../commands/apply';
import { cancelCommand } from '../commands/cancel';
import { checkCommand } from '../commands/check';
import { cutCommand } from '../commands/cut';
import { diffCommand } from '../commands/diff';
import { dlqCommand } from '../commands/dlq';
import { doctorCommand } from '../commands/doctor';
import { dropCommand } from '../commands/drop';
import { dumpCommand } from '../commands/dump';
import { exportCommand } from '../commands/export';
import { loadCommand } from '../commands/load';
import { planCommand } from '../commands/plan';
import { pauseCommand } from '../commands/pause';
import { throttleCommand } from '../commands/throttle';
import { promoteCommand } from '../commands/promote';
import { pruneCommand } from '../commands/prune';
import { queryCommand } from '../commands/query';
import { reloadCommand } from '../commands/reload';
import { reprocessCommand } from '../commands/reprocess';
import { restateCommand } from '../commands/restate';
import { restoreCommand } from '../commands/restore';
import { resumeCommand } from '../commands/resume';
import { rollbackCommand } from '../commands/rollback';
import { statusCommand } from '../commands/status';
import { switchCommand } from '../commands/switch';
import { tokenCommand } from '../commands/token';
import { upCommand } from '../commands/up';
import { verifyCommand } from '../commands/verify';
import { watchCommand } from '../commands/watch';
import type { Output } from './output';
import { useToken } from './token';

const ABOUT = `Declare a data product once, in SQL; it is served exact and fresh, batch and speed in one.`;

const FIRST_STEPS = `
First steps:
  tenon up                         all of Tenon in one process, with the catalog in ./catalog
  tenon load flights data.parquet  events from a file
  tenon query airport_hours        what they add up to

Exit codes: 0 done, 1 failed, 2 called wrongly.`;

export function createProgram(output: Output): Command {
  const program = new Command('tenon')
    .description(ABOUT)
    .version(version(), '-V, --version', 'Print the version')
    .option('--token <token>', 'Who you are to it (or TENON_TOKEN, or TENON_TOKEN_FILE)')
    .hook('preAction', (self) => useToken(self.opts<{ token?: string }>().token))
    .addHelpText('after', FIRST_STEPS)
    .showSuggestionAfterError();
  const commands = [
    upCommand,
    checkCommand,
    planCommand,
    exportCommand,
    loadCommand,
    queryCommand,
    watchCommand,
    diffCommand,
    cutCommand,
    reloadCommand,
    applyCommand,
    reprocessCommand,
    restateCommand,
    switchCommand,
    promoteCommand,
    rollbackCommand,
    pauseCommand,
    throttleCommand,
    resumeCommand,
    cancelCommand,
    dropCommand,
    dlqCommand,
    statusCommand,
    verifyCommand,
    dumpCommand,
    restoreCommand,
    doctorCommand,
    pruneCommand,
    acceptLossCommand,
    tokenCommand,
  ];
  for (const create of commands) program.addCommand(create(output));
  for (const one of [program, ...program.commands]) {
    one.exitOverride().configureOutput({
      writeOut: (text) => output.out.write(text),
      writeErr: (text) => output.err.write(text),
    });
  }
  return program;
}

function version(): string {
  const file = join(__dirname, '../../../../package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
