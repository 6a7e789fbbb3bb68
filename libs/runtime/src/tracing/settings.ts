/**
 * Whether and how traces are exported, by the variables that OpenTelemetry's specification names. Those that are not read
 * here (headers, timeouts, batching, limits, resource attributes) the SDK reads by itself.
 */

export type Environment = Readonly<Record<string, string | undefined>>;

export type TracingSettings =
  | { readonly protocol: 'http/protobuf' | 'http/json'; readonly sampler: SamplerSettings }
  /** Off; with the reason where it was asked for. */
  | { readonly protocol: null; readonly problem?: string };

export interface SamplerSettings {
  /** Of traces that begin here: which share of them. */
  readonly ratio: number;
  /** What a trace that began elsewhere, or is linked, has decided holds here too. */
  readonly parentBased: boolean;
  readonly problem?: string;
}

const OFF: TracingSettings = { protocol: null };

/** An endpoint switches it on. Never throws: observing Tenon must not be what keeps it from starting. */
export function readTracingSettings(environment: Environment): TracingSettings {
  const given = (name: string) => environment[name]?.trim() || undefined;
  if (given('OTEL_SDK_DISABLED')?.toLowerCase() === 'true') return OFF;
  if (given('OTEL_TRACES_EXPORTER')?.toLowerCase() === 'none') return OFF;
  const names = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'] as const;
  const name = names.find((one) => given(one) !== undefined);
  if (name === undefined) return OFF;
  // Values are not shown, since one may hold a secret.
  if (!isHttpUrl(given(name) as string)) return { protocol: null, problem: `${name} is no http(s) URL.` };
  const protocol =
    given('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL') ?? given('OTEL_EXPORTER_OTLP_PROTOCOL') ?? 'http/protobuf';
  if (protocol !== 'http/protobuf' && protocol !== 'http/json')
    return {
      protocol: null,
      problem: `OTEL_EXPORTER_OTLP_PROTOCOL is http/protobuf or http/json here; others are not supported.`,
    };
  return { protocol, sampler: samplerOf(given('OTEL_TRACES_SAMPLER'), given('OTEL_TRACES_SAMPLER_ARG')) };
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function samplerOf(name = 'parentbased_always_on', argument: string | undefined): SamplerSettings {
  const [, prefix, kind] = /^(parentbased_)?(always_on|always_off|traceidratio)$/.exec(name) ?? [];
  const parentBased = prefix !== undefined;
  if (kind === 'always_on') return { ratio: 1, parentBased };
  if (kind === 'always_off') return { ratio: 0, parentBased };
  if (kind === undefined)
    return {
      ratio: 1,
      parentBased: true,
      problem: 'OTEL_TRACES_SAMPLER is unknown; parentbased_always_on is used.',
    };
  const ratio = argument === undefined ? 1 : Number(argument);
  if (ratio >= 0 && ratio <= 1) return { ratio, parentBased };
  return {
    ratio: 1,
    parentBased,
    problem: 'OTEL_TRACES_SAMPLER_ARG is no number from 0 to 1; 1 is used.',
  };
}
