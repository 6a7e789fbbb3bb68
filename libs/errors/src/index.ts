export { HttpProblem } from './http-problem';
export { isPassing } from './is-passing';
export { Refusal } from './refusal';
export { TenonError } from './tenon-error';
export { TopicMismatch } from './topic-mismatch';
export { Unavailable } from './unavailable';
