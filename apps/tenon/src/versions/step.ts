/** A step in the life of a product's versions, asked for by a command. */
import type { Command } from 'commander';
import { Client, segment } from '../cli/client';
import type { CommonOptions } from '../cli/options';
import type { Output } from '../cli/output';
import { printJson } from '../cli/output';

export interface StepAnswer {
  readonly product: string;
  readonly step: string;
  /** The version that it was about. */
  readonly version: number;
  /** What the name answers with now, and before. */
  readonly served: number;
  readonly before: number;
}

/** @throws Failure with the server's code of why not */
export const takeStep = (
  client: Client,
  product: string,
  step: string,
  query: Readonly<Record<string, string | undefined>> = {},
  body?: object,
): Promise<StepAnswer> =>
  client.json<StepAnswer>(`/v1/products/${segment(product)}/${step}`, {
    ...{ method: 'POST', query },
    ...(body !== undefined && {
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    }),
  });

/** Of what is to be built. */
export const buildQuery = ({
  promote,
  throttle,
}: {
  readonly promote?: boolean;
  readonly throttle?: number;
}) => ({
  ...(promote === true && { promote: 'true' }),
  ...(throttle !== undefined && { throttle: String(throttle) }),
});

export function print(answer: StepAnswer, text: string, json: boolean | undefined, output: Output): void {
  if (json === true) printJson(answer, output);
  else output.out.write(`${text}\n`);
}

export const movedText = ({ product, served, before }: StepAnswer): string =>
  served === before
    ? `${product} answers with v${served} already.`
    : `${product} answers with v${served}, before with v${before}.`;

/** Completes a command whose step needs nothing but the product. */
export const simpleStep = (
  made: Command,
  step: string,
  text: (answer: StepAnswer) => string,
  output: Output,
): Command =>
  made
    .argument('<product>', 'Name of the product')
    .action(async (product: string, options: CommonOptions) => {
      const client = new Client(options.url);
      try {
        const answer = await takeStep(client, product, step);
        print(answer, text(answer), options.json, output);
      } finally {
        client.close();
      }
    });
