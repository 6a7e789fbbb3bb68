module.exports = require('../../../jest.preset.cjs')('service-ingestion', __dirname);
