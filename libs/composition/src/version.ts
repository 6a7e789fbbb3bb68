/* eslint-disable @typescript-eslint/no-require-imports, @nx/enforce-module-boundaries -- package.json is of no project */
/** Of this Tenon; a bundle has it built in. */
export const { version } = require('../../../package.json') as { readonly version: string };
