module.exports = require('../../../jest.preset.cjs')('adapters-schema-registry', __dirname);
