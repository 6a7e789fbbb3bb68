/** What deploy/ says of an archive without batch, held against the services. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { readServiceSettings, roleOf } from './alone';
import type { ServiceName } from './services';
import { SERVICES } from './services';

const DEPLOY = join(__dirname, '../../../deploy');
const read = (file: string) => readFileSync(join(DEPLOY, file), 'utf8');

/** `${NAME:-default}` as Compose reads it where NAME is not set. */
const withDefaults = (text: string) => text.replace(/\$\{\w+:-([^}]*)\}/g, '$1');

interface Patch {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly containers: readonly {
          readonly name: string;
          readonly env?: readonly { readonly name: string; readonly value: string }[];
        }[];
      };
    };
  };
}

describe('compose.archive.yaml', () => {
  type Services = Record<string, { readonly environment: Record<string, string> }>;
  const servicesOf = (file: string) =>
    (parse(read(file), { merge: true }) as { readonly services: Services }).services;
  const [apps, services] = [servicesOf('compose.apps.yaml'), servicesOf('compose.archive.yaml')];
  const environmentOf = (service: ServiceName) =>
    Object.fromEntries(
      Object.entries({ ...apps[service]?.environment, ...services[service]?.environment }).map(
        ([name, value]) => [name, withDefaults(String(value))],
      ),
    );

  test.each(SERVICES)('tells %s how long topics keep what is archived, and all that it needs', (service) => {
    const environment = environmentOf(service);
    const role = roleOf(service, environment);
    expect(role).toBe(service === 'batch' ? 'archive' : service);
    expect(readServiceSettings(role, environment).TENON_LOG_RETENTION).toBe(86_400_000);
  });

  test('lets ingestion look into the archive', () => {
    expect(environmentOf('ingestion')).toMatchObject({ TENON_LAKE: '/lake' });
  });
});

test('kubernetes-archive patches what kubernetes has', () => {
  const { patches } = parse(read('kubernetes-archive/kustomization.yaml')) as {
    readonly patches: readonly { readonly patch: string }[];
  };
  const made = patches.map(({ patch }) => parse(patch) as Patch);
  const [settings, batch, ingestion] = made as [Patch, Patch, Patch];
  expect(made.map(({ kind, metadata }) => [kind, metadata.name])).toEqual([
    ['ConfigMap', 'settings'],
    ['Deployment', 'batch'],
    ['Deployment', 'ingestion'],
  ]);
  for (const { metadata, spec } of [batch, ingestion])
    expect(spec.template.spec.containers.map(({ name }) => name)).toEqual([metadata.name]);
  const env = batch.spec.template.spec.containers.flatMap((one) => one.env ?? []);
  const own = Object.fromEntries(env.map(({ name, value }) => [name, value]));
  expect(roleOf('batch', own)).toBe('archive');
  expect(settings.data).toEqual({ TENON_LOG_RETENTION: '1d' });
});
