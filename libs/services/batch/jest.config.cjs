module.exports = require('../../../jest.preset.cjs')('service-batch', __dirname);
