/** Schemas that the document needs by themselves. */
export { live as LIVE_MESSAGE, problem as PROBLEM, row as ROW } from './answers';
