/** Query parameters and headers of requests, as the services check them. */
import { z } from 'zod';
import type { WholeNumber } from '../../parameter-bounds';
import {
  CUT_TIMEOUT,
  LETTERS_LIMIT,
  ROWS_FORMATS,
  ROWS_LAYERS,
  ROWS_LIMIT,
  ROWS_ORDERS,
  ROWS_TIMEOUT,
} from '../../parameter-bounds';
import type { RowsOption } from '../../rows-query';

export interface Parameter {
  readonly schema: z.ZodType;
  readonly description: string;
  readonly required?: boolean;
}

export type Parameters = Readonly<Record<string, Parameter>>;

const whole = ({ min, max, otherwise }: WholeNumber, description: string): Parameter => ({
  schema: z.number().int().min(min).max(max).default(otherwise),
  description,
});

const one = (values: readonly [string, ...string[]], description: string): Parameter => ({
  schema: z.enum(values).default(values[0]),
  description,
});

const moment = (description: string): Parameter => ({
  schema: z.string().meta({ format: 'date-time' }),
  description,
});

const text = (description: string): Parameter => ({ schema: z.string(), description });

const cursor: Parameter = {
  schema: z
    .string()
    .min(1)
    .regex(/^[\w-]+$/),
  description: '`next` of the answer before; it fits the same question only',
};

export const EVENTS: Parameters = {
  items: one(['rejected', 'all'], 'Which events `items` lists'),
};

export const ROWS: Readonly<Record<RowsOption, Parameter>> = {
  from: moment('Windows that start at or after'),
  to: moment('Windows that start before'),
  layer: one(ROWS_LAYERS, '`batch`: the base view alone; `speed`: what is not in it'),
  after: {
    schema: z.string().regex(/^[\w-]+$/),
    description: 'A receipt: answers only once its events are in',
  },
  timeout: whole(ROWS_TIMEOUT, 'For `after`, milliseconds; then 504'),
  limit: whole(ROWS_LIMIT, 'Rows of a page'),
  cursor,
  order: one(ROWS_ORDERS, 'By window and then the other keys'),
  version: {
    schema: z.string().regex(/^[1-9]\d{0,5}$/),
    description: 'Of the product; absent: the one that is served',
  },
  asOf: {
    schema: z.string(),
    description: 'What was served then: a generation, a time, a cut, or what `self` of an answer says',
  },
  format: {
    schema: z.enum(ROWS_FORMATS),
    description: 'How the rows are written; absent: as `Accept` has it',
  },
};

export const GENERATIONS: Parameters = { version: ROWS.version };

const side = (which: string): Parameter => ({
  ...text(`${which}: a version (2), a generation of one (2@14), or of the one that is served (@14)`),
  required: true,
});

export const DIFF: Parameters = {
  a: side('The one side'),
  b: side('The other side'),
  by: text('The column whose largest differences come first'),
  kind: {
    schema: z.enum(['changed', 'onlyA', 'onlyB']),
    description: 'Of the differences in full only these; all are counted. Absent: each',
  },
  limit: whole({ min: 0, max: 10_000, otherwise: 100 }, 'Differences in full'),
};

export const OF_VERSION: Parameters = { version: ROWS.version };

export const APPLY: Parameters = {
  promote: one(['false', 'true'], 'Names go over to new versions by themselves once these are ready'),
};

const throttle: Parameter = {
  schema: z.string().regex(/^[1-9]\d{0,8}$/),
  description: 'Events a second at most for what is built, for each layer. Absent: as many as can be',
};

export const BUILD: Parameters = { ...APPLY, throttle };

export const THROTTLE: Parameters = { throttle };

export const SWITCH: Parameters = {
  topology: {
    schema: z.enum(['lambda', 'lambda-separate', 'kappa']),
    description: 'Which one it goes over to',
    required: true,
  },
};

export const PROMOTE: Parameters = {
  version: { schema: ROWS.version.schema, description: 'Absent: the one that is built' },
  if: text('Only if this holds of what differs from the served one'),
};

export const DROP: Parameters = {
  version: { schema: ROWS.version.schema, description: 'Which one', required: true },
};

export const LIVE: Parameters = {
  from: ROWS.from,
  to: ROWS.to,
  limit: whole({ ...ROWS_LIMIT, otherwise: 500 }, 'Rows of the snapshot'),
  version: ROWS.version,
};

export const CUTS: Parameters = {
  full: one(['false', 'true'], 'Batch computes everything anew'),
  wait: one(['false', 'true'], 'Answers only once every product serves the cut'),
  timeout: whole(CUT_TIMEOUT, 'For `wait`, milliseconds; then 504'),
};

const needed = (schema: Parameter['schema'], description: string): Parameter => ({
  ...{ schema, description },
  required: true,
});
const offset = z.string().regex(/^\d{1,15}$/);

export const LOSSES: Parameters = {
  source: needed(z.string(), 'Whose records are gone'),
  partition: needed(offset, 'The partition'),
  from: needed(offset, 'The first record that is gone'),
  to: needed(offset, 'The first one behind them'),
  reason: text('Why, for whoever asks later'),
};

const choosing: Parameters = {
  product: text('Letters that this product refused'),
  code: text('Letters with this code'),
  from: moment('Refused at or after'),
  to: moment('Refused before'),
};

export const LETTERS: Parameters = {
  source: text('Letters of this source'),
  ...choosing,
  limit: whole(LETTERS_LIMIT, 'Letters of a page'),
  cursor,
};

export const SETTLING: Parameters = {
  source: { ...text('Whose letters are meant'), required: true },
  ...choosing,
  offsets: {
    schema: z.string().regex(/^\d{1,15}(,\d{1,15})*$/),
    description: 'Numbers of letters, separated by commas',
  },
  cursor,
};

export const CORRELATION: Parameter = {
  schema: z.string().regex(/^[\x20-\x7e]{0,128}$/),
  description: 'Goes into the log, and into the column `correlation_id` of events; empty: a new one',
};

export const IDEMPOTENCY_KEY: Parameter = {
  schema: z.string().regex(/^[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?$/),
  description: 'Becomes the id of plain data, so that a repeat counts once',
};
