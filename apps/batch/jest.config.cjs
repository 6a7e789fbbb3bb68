module.exports = require('../../jest.preset.cjs')('batch', __dirname);
