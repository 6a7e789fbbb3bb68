module.exports = require('../../jest.preset.cjs')('tenon', __dirname);
