/** A product is built anew beside what is served, and waited for. */
import { Client } from '../cli/client';
import type { CommonOptions } from '../cli/options';
import type { Output } from '../cli/output';
import { printJson } from '../cli/output';
import { follow, printVersions } from './follow';
import { buildQuery, takeStep } from './step';

export interface RebuildOptions extends CommonOptions {
  readonly promote?: boolean;
  readonly throttle?: number;
  readonly wait: boolean;
  readonly timeout: number;
}

/** @param rule of a restatement: which events, and what becomes of them */
export async function rebuilt(
  product: string,
  name: 'reprocess' | 'restate',
  options: RebuildOptions,
  output: Output,
  rule?: object,
): Promise<void> {
  const client = new Client(options.url);
  try {
    const query = buildQuery(options);
    const step = await takeStep(client, product, name, query, rule);
    const how = rule === undefined ? '' : ', restated';
    if (!options.json) output.err.write(`${product} v${step.version} is built of v${step.served}${how}.\n`);
    if (!options.wait) return void (options.json && printJson(step, output));
    const sink = options.json ? null : output.err;
    const isIt = (one: { product: string; version: number }) =>
      one.product === product && one.version === step.version;
    const versions = await follow(client, isIt, { timeout: options.timeout, sink });
    if (options.json) printJson({ ...step, versions }, output);
    else printVersions(versions, output.out, output.err);
    if (options.promote && versions.some(({ state }) => state === 'ready')) output.exitCode = 1;
  } finally {
    client.close();
  }
}
