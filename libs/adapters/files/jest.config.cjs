module.exports = require('../../../jest.preset.cjs')('adapters-files', __dirname);
