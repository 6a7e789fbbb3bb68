/** Holds a data directory until it is killed. Started by `data-directory.scenario.spec.ts` with the argument DIRECTORY. */
import { openDataDirectory } from '../data-directory/data-directory';

openDataDirectory(process.argv[2] ?? '').then(
  () => {
    process.stdout.write('held\n');
    setInterval(() => {}, 1000);
  },
  (error: unknown) => {
    process.stdout.write(`${(error as { code?: string }).code}\n`);
  },
);
