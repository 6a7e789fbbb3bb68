module.exports = require('../../../jest.preset.cjs')('service-consumption', __dirname);
