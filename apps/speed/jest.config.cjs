module.exports = require('../../jest.preset.cjs')('speed', __dirname);
