// `npm test` runs all projects in one Jest, which starts once; `nx test <project>` runs one.
const { readdirSync, existsSync } = require('node:fs');
const { join } = require('node:path');

/** The folder if it has a jest.config.cjs, else every one below it that has. */
function projects(dir) {
  if (existsSync(join(dir, 'jest.config.cjs'))) return [dir];
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules')
    .flatMap((entry) => projects(join(dir, entry.name)));
}

module.exports = {
  projects: ['libs', 'apps', 'tools'].flatMap((folder) => projects(join(__dirname, folder))),
  maxWorkers: 2,
  // What a worker's suites leave behind slows those that follow: the simulator's parts, which come last, took three times as long.
  workerIdleMemoryLimit: '1GB',
};
