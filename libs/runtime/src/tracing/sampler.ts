import type { Context, Link } from '@opentelemetry/api';
import type { Sampler } from '@opentelemetry/sdk-trace-base';
import { otel } from './otel';
import type { SamplerSettings } from './settings';

/**
 * The sampler that is asked for. Where decisions are inherited they are so through links too: what takes on a sampled
 * event is sampled, else a share of 1 % would let hardly any trace past the first aggregation.
 */
export function samplerOf({ ratio, parentBased }: SamplerSettings): Sampler {
  const { AlwaysOffSampler, AlwaysOnSampler, ParentBasedSampler, TraceIdRatioBasedSampler } = otel.sdk();
  const root =
    ratio === 1
      ? new AlwaysOnSampler()
      : ratio === 0
        ? new AlwaysOffSampler()
        : new TraceIdRatioBasedSampler(ratio);
  return parentBased ? new ParentBasedSampler({ root: linkBased(root) }) : root;
}

function linkBased(root: Sampler): Sampler {
  const { SamplingDecision } = otel.sdk();
  const isSampled = ({ context }: Link) => (context.traceFlags & 1) === 1;
  return {
    shouldSample: (context: Context, traceId, name, kind, attributes, links) =>
      links.some(isSampled)
        ? { decision: SamplingDecision.RECORD_AND_SAMPLED }
        : root.shouldSample(context, traceId, name, kind, attributes, links),
    toString: () => `LinkBased{${root.toString()}}`,
  };
}
