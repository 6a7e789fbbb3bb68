module.exports = require('../../jest.preset.cjs')('serving', __dirname);
