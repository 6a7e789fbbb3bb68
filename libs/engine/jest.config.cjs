module.exports = require('../../jest.preset.cjs')('engine', __dirname);
