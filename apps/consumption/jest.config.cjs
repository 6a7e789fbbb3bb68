module.exports = require('../../jest.preset.cjs')('consumption', __dirname);
