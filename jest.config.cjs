// `npm test` runs all projects in one Jest, which starts once; `nx test <project>` runs one.
const { readdirSync, existsSync } = require('node:fs');
const { join } = require('node:path');

/** Every folder below apps/ and libs/ that has a jest.config.cjs. */
function projects(dir) {
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules')
    .flatMap((entry) => {
      const path = join(dir, entry.name);
      return existsSync(join(path, 'jest.config.cjs')) ? [path] : projects(path);
    });
}

module.exports = {
  projects: [
    ...projects(join(__dirname, 'libs')),
    ...projects(join(__dirname, 'apps')),
    ...projects(join(__dirname, 'tools')),
  ],
  maxWorkers: 2,
};
