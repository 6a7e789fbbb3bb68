module.exports = require('../../../jest.preset.cjs')('adapters-embedded', __dirname);
