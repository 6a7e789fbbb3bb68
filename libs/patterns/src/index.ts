export type { Pattern } from './linear-pattern';
export { linearPattern, UnsupportedPattern } from './linear-pattern';
export { cappedFormats } from './formats';
