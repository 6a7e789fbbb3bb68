module.exports = require('../../jest.preset.cjs')('topic-backup', __dirname);
