module.exports = require('../../jest.preset.cjs')('leases', __dirname);
