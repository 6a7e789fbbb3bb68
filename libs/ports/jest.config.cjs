module.exports = require('../../jest.preset.cjs')('ports', __dirname);
