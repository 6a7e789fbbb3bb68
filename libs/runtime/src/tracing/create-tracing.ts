/** The traces of one process, on OpenTelemetry's SDK; services see the port. */
import type { Clock, Logger, TracedSystems, Tracer } from '@tenon/ports';
import { NO_TRACER } from '@tenon/telemetry';
import type { ExportCounts } from './exporter';
import { QuietExporter } from './exporter';
import { otel } from './otel';
import { OtelTracer } from './otel-tracer';
import { samplerOf, screenOf } from './sampler';
import type { Environment, SamplerSettings } from './settings';
import { readTracingSettings } from './settings';

export interface TracingOptions {
  /** Says whether; how to reach the receiver the SDK reads from `process.env`. */
  readonly environment: Environment;
  readonly logger: Logger;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly version: string;
  /** This process among those of a service. */
  readonly instance: string;
  readonly systems: TracedSystems;
}

export interface Tracing {
  readonly enabled: boolean;
  /** Spans of one service, `tenon-<service>` in the traces, also where it shares its process. */
  scope(service: string): Tracer;
  /** Spans by what became of them. */
  readonly counts: Readonly<ExportCounts>;
  /** Hands over what is gathered; gives up after 2 s. Never rejects. */
  close(): Promise<void>;
}

const CLOSE_WITHIN_MS = 2_000;

const OFF: Tracing = {
  enabled: false,
  scope: () => NO_TRACER,
  counts: { exported: 0, failed: 0 },
  close: async () => undefined,
};

/** Off, at no cost, unless the environment names a receiver. Never throws. */
export function createTracing(options: TracingOptions): Tracing {
  const settings = readTracingSettings(options.environment);
  const { logger } = options;
  if (settings.protocol === null) {
    if (settings.problem !== undefined) logger.warn({}, `no traces: ${settings.problem}`);
    return OFF;
  }
  const { protocol, sampler } = settings;
  if (sampler.problem !== undefined) logger.warn({}, `traces: ${sampler.problem}`);
  try {
    return startTracing(options, protocol, sampler);
  } catch (error) {
    logger.warn({ error }, 'no traces: OpenTelemetry does not start');
    return OFF;
  }
}

function startTracing(
  { logger, clock, version, instance, systems }: TracingOptions,
  protocol: 'http/protobuf' | 'http/json',
  sampling: SamplerSettings,
): Tracing {
  const { BasicTracerProvider, BatchSpanProcessor } = otel.sdk();
  const { detectResources, envDetector, defaultResource, resourceFromAttributes } = otel.resources();
  const { OTLPTraceExporter } = protocol === 'http/json' ? otel.json() : otel.protobuf();
  const exporter = new QuietExporter(new OTLPTraceExporter(), clock, logger);
  const processor = new BatchSpanProcessor(exporter);
  const sampler = samplerOf(sampling);
  const screen = screenOf(sampling);
  // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES go before what is said here.
  const given = detectResources({ detectors: [envDetector] });
  const tracers = new Map<string, Tracer>();

  const tracerOf = (service: string): Tracer => {
    const resource = defaultResource()
      .merge(
        resourceFromAttributes({
          'service.name': `tenon-${service}`,
          'service.version': version,
          'service.instance.id': instance,
        }),
      )
      .merge(given);
    const provider = new BasicTracerProvider({ resource, sampler, spanProcessors: [processor] });
    return new OtelTracer(provider.getTracer(`tenon-${service}`, version), systems, screen);
  };
  let closed: Promise<void> | undefined;
  return {
    enabled: true,
    scope: (service) => {
      const tracer = tracers.get(service) ?? tracerOf(service);
      tracers.set(service, tracer);
      return tracer;
    },
    counts: exporter.counts,
    close: () => (closed ??= within(CLOSE_WITHIN_MS, processor.shutdown())),
  };
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([work.catch(() => undefined), late]);
  clearTimeout(timer);
}
