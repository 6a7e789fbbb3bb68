import { TenonError } from './tenon-error';

/**
 * What a source's topic holds is not what was counted, archived or promised of it: nothing is appended to it. It does not pass by
 * itself, and is that source's matter alone.
 */
export abstract class LogLost extends TenonError {}
