module.exports = require('../../jest.preset.cjs')('ingestion', __dirname);
