/* eslint-disable @typescript-eslint/no-require-imports -- `import()` would go past the loader of tools/service.js, which hooks `require` */
/** OpenTelemetry's packages, loaded where traces are wanted: they take a tenth of a second and 20 MB. */
import type * as Api from '@opentelemetry/api';
import type * as Core from '@opentelemetry/core';
import type * as Json from '@opentelemetry/exporter-trace-otlp-http';
import type * as Protobuf from '@opentelemetry/exporter-trace-otlp-proto';
import type * as Resources from '@opentelemetry/resources';
import type * as Sdk from '@opentelemetry/sdk-trace-base';

export const otel = {
  api: () => require('@opentelemetry/api') as typeof Api,
  core: () => require('@opentelemetry/core') as typeof Core,
  resources: () => require('@opentelemetry/resources') as typeof Resources,
  sdk: () => require('@opentelemetry/sdk-trace-base') as typeof Sdk,
  json: () => require('@opentelemetry/exporter-trace-otlp-http') as typeof Json,
  protobuf: () => require('@opentelemetry/exporter-trace-otlp-proto') as typeof Protobuf,
};
