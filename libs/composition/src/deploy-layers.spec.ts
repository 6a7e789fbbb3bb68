/** What deploy/ says of processes of one layer each, held against the services. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { readServiceSettings } from './alone';
import type { ServiceName } from './services';
import { KINDS } from './services';

const DEPLOY = join(__dirname, '../../../deploy');
const read = (file: string) => readFileSync(join(DEPLOY, file), 'utf8');
const PROCESSES = ['consumption-batch', 'serving-batch', 'consumption-speed', 'serving-speed'];

/** `${NAME:-default}` as Compose reads it where NAME is not set. */
const withDefaults = (text: string) => text.replace(/\$\{\w+:-([^}]*)\}/g, '$1');

interface Resource {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly stringData?: Readonly<Record<string, string>>;
  readonly spec: {
    readonly selector: Readonly<Record<string, unknown>>;
    readonly ports: readonly { readonly port: number }[];
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: {
        readonly containers: readonly [
          {
            readonly image: string;
            readonly env: readonly { readonly name: string; readonly value: string }[];
            readonly ports: readonly { readonly containerPort: number }[];
          },
        ];
      };
    };
  };
}

const resourcesOf = (file: string) =>
  parseAllDocuments(read(file)).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as Resource;
  });

const LABEL = 'app.kubernetes.io/name';

describe('kubernetes-layers.yaml', () => {
  const resources = resourcesOf('kubernetes-layers.yaml');
  const of = (kind: string) => resources.filter((one) => one.kind === kind);
  const settings = Object.assign(
    {},
    ...resourcesOf('kubernetes/settings.yaml').map(({ data, metadata, stringData }) =>
      metadata.name === 'tokens' ? {} : { ...data, ...stringData },
    ),
    { TENON_BATCH_STORE: 'mongodb://mongodb/batch', TENON_SPEED_STORE: 'mongodb://mongodb/speed' },
  ) as Record<string, string>;

  test('has a deployment, a service and a budget of each, that meet no other process', () => {
    for (const kind of ['Deployment', 'Service', 'PodDisruptionBudget'])
      expect(of(kind).map(({ metadata }) => metadata.name)).toEqual(PROCESSES);
    for (const { metadata, spec } of of('Service')) expect(spec.selector).toEqual({ [LABEL]: metadata.name });
    for (const { metadata, spec } of [...of('Deployment'), ...of('PodDisruptionBudget')])
      expect(spec.selector).toEqual({ matchLabels: { [LABEL]: metadata.name } });
    for (const { metadata, spec } of of('Deployment'))
      expect(spec.template.metadata.labels).toEqual({ [LABEL]: metadata.name });
  });

  test.each(PROCESSES)('gives %s its layer, and all that it needs', (name) => {
    const [service, layer] = name.split('-') as [ServiceName, string];
    const found = of('Deployment').find(({ metadata }) => metadata.name === name) as Resource;
    const [{ image, env, ports }] = found.spec.template.spec.containers;
    expect([image, ports[0]?.containerPort]).toEqual([`tenon-${service}`, KINDS[service].port]);
    const own = Object.fromEntries(env.map((one) => [one.name, one.value]));
    expect(readServiceSettings(service, { ...settings, ...own }).TENON_LAYER).toBe(layer);
  });
});

describe('compose.layers.yaml', () => {
  type Services = Record<string, { readonly environment: Record<string, string>; readonly extends?: object }>;
  const servicesOf = (file: string) =>
    (parse(read(file), { merge: true }) as { readonly services: Services }).services;
  const [apps, services] = [servicesOf('compose.apps.yaml'), servicesOf('compose.layers.yaml')];

  test.each(Object.keys(services))('gives %s its layer, and all that it needs', (name) => {
    const [service, layer] = name.split('-') as [ServiceName, string | undefined];
    const own = services[name];
    if (layer !== undefined) expect(own?.extends).toEqual({ file: 'compose.apps.yaml', service });
    const environment = Object.entries({ ...apps[service]?.environment, ...own?.environment });
    const given = Object.fromEntries(environment.map(([key, value]) => [key, withDefaults(String(value))]));
    const expected = layer ?? (name === 'consumption' ? 'combined' : 'all');
    expect(readServiceSettings(service, given).TENON_LAYER).toBe(expected);
  });

  test('has a process for each layer', () => {
    expect(Object.keys(services)).toEqual(expect.arrayContaining(PROCESSES));
  });
});
