module.exports = require('../../../jest.preset.cjs')('adapters-columnar', __dirname);
