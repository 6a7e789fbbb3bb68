module.exports = require('../../jest.preset.cjs')('views', __dirname);
