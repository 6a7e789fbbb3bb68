module.exports = require('../../../jest.preset.cjs')('adapters-mongodb', __dirname);
