module.exports = require('../../../jest.preset.cjs')('adapters-kafka', __dirname);
