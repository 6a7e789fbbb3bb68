// What specs get as `fast-check`: in CI its properties draw the same values in every run, so that a change is judged by what it
// changes; elsewhere each run draws others, and a failure prints the seed. TENON_PROPERTY_SEED=17 says one, =random none.
const fc = require('../../node_modules/fast-check/lib/cjs/fast-check.js');

const asked = process.env.TENON_PROPERTY_SEED ?? (process.env.CI ? '1' : 'random');
if (asked !== 'random') fc.configureGlobal({ seed: Number(asked) });

module.exports = fc;
