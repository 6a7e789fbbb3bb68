/* eslint-disable @typescript-eslint/no-require-imports -- `import()` would go past the loader of bin/tenon.js, which hooks `require` */
/** The heavy parts of the command (DuckDB, Express, the services), loaded when a command needs them: help is quick. */
import type * as Dump from '../backup/dump';
import type * as Restore from '../backup/restore';
import type * as Check from '../check/check';
import type * as Export from '../export/export';
import type * as LoadAll from '../load/load-all';
import type * as WatchFolder from '../load/watch-folder';
import type * as Runtime from '@tenon/runtime';
import type * as Plan from '../plan/plan';
import type * as Prune from '../prune/prune';
import type * as Up from '../up';
import type * as Verify from '../verify/verify';

export const lazy = {
  dump: () => require('../backup/dump') as typeof Dump,
  restore: () => require('../backup/restore') as typeof Restore,
  check: () => require('../check/check') as typeof Check,
  export: () => require('../export/export') as typeof Export,
  loadAll: () => require('../load/load-all') as typeof LoadAll,
  watchFolder: () => require('../load/watch-folder') as typeof WatchFolder,
  runtime: () => require('@tenon/runtime') as typeof Runtime,
  verify: () => require('../verify/verify') as typeof Verify,
  plan: () => require('../plan/plan') as typeof Plan,
  prune: () => require('../prune/prune') as typeof Prune,
  up: () => require('../up') as typeof Up,
};
