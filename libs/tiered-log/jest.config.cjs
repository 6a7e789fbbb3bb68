module.exports = require('../../jest.preset.cjs')('tiered-log', __dirname);
