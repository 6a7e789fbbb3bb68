module.exports = require('../../jest.preset.cjs')('loops', __dirname);
