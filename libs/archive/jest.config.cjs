module.exports = require('../../jest.preset.cjs')('archive', __dirname);
