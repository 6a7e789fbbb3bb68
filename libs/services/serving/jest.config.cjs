module.exports = require('../../../jest.preset.cjs')('service-serving', __dirname);
