/**
 * Which spans are recorded. Where decisions are inherited, they are made before there is a span: most of them are not
 * recorded where a share is asked for, and to begin one costs the SDK some microseconds all the same.
 */
import type { SpanContext } from '@opentelemetry/api';
import type { Sampler } from '@opentelemetry/sdk-trace-base';
import { otel } from './otel';
import type { SamplerSettings } from './settings';

const isSampled = ({ traceFlags }: SpanContext) => (traceFlags & 1) === 1;

/**
 * @returns whether a span may be recorded; the SDK's sampler has the last word.
 *
 * Decisions are inherited through links too: what takes on a sampled event is sampled, else a share of 1 % would let
 * hardly any trace past the first aggregation.
 */
export function screenOf({ ratio, parentBased }: SamplerSettings) {
  if (!parentBased) return () => true;
  return (parent: SpanContext | null, links: readonly SpanContext[]): boolean => {
    if (links.some(isSampled)) return true;
    if (parent !== null) return isSampled(parent);
    return ratio === 1 || Math.random() < ratio;
  };
}

export function samplerOf({ ratio, parentBased }: SamplerSettings): Sampler {
  const { AlwaysOffSampler, AlwaysOnSampler, TraceIdRatioBasedSampler } = otel.sdk();
  if (parentBased || ratio === 1) return new AlwaysOnSampler();
  return ratio === 0 ? new AlwaysOffSampler() : new TraceIdRatioBasedSampler(ratio);
}
