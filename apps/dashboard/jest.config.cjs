const preset = require('../../jest.preset.cjs')('dashboard', __dirname);

// The page's modules are plain ES modules: the same transform lets a spec load those that need no browser.
const [transform] = Object.values(preset.transform);
module.exports = { ...preset, transform: { '^.+\\.(ts|js)$': transform } };
