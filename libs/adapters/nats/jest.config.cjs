module.exports = require('../../../jest.preset.cjs')('adapters-nats', __dirname);
