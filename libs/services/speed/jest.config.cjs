module.exports = require('../../../jest.preset.cjs')('service-speed', __dirname);
