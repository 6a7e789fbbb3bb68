export { DamagedDocument } from './damaged-document';
export { HttpProblem } from './http-problem';
export { isPassing } from './is-passing';
export { ProductFailed } from './product-failed';
export { Refusal } from './refusal';
export { TenonError } from './tenon-error';
export { DocumentTooLarge, RecordTooLarge, TooLarge } from './too-large';
export { TopicMismatch } from './topic-mismatch';
export { Unavailable } from './unavailable';
