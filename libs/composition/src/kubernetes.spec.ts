/** The manifests of deploy/kubernetes can't be applied here, but what they say of the services can be held against them. */
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { createFileCatalog } from '@tenon/catalog';
import { SHUTDOWN_GRACE_MS, createMetrics, healthRoutes, metricsRoute } from '@tenon/runtime';
import { readServiceSettings } from './alone';
import type { ServiceName } from './services';
import { KINDS, SERVICES } from './services';

const ROOT = join(__dirname, '../../..');
const FOLDER = join(ROOT, 'deploy/kubernetes');

interface Resource {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly stringData?: Readonly<Record<string, string>>;
  readonly spec: unknown;
}

interface Container {
  readonly name: string;
  readonly image: string;
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly envFrom: readonly (
    { readonly configMapRef: { name: string } } | { readonly secretRef: { name: string } }
  )[];
  readonly resources: { readonly limits: { readonly memory: string } };
  readonly lifecycle: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly [probe: `${string}Probe`]: { readonly httpGet: { readonly path: string; readonly port: string } };
}

interface Pod {
  readonly enableServiceLinks: boolean;
  readonly terminationGracePeriodSeconds: number;
  readonly containers: readonly [Container];
  readonly volumes: readonly {
    readonly name: string;
    readonly configMap?: { readonly name: string };
    readonly emptyDir?: { readonly medium: string; readonly sizeLimit: string };
    readonly persistentVolumeClaim?: { readonly claimName: string };
  }[];
}

interface Deployment {
  readonly replicas?: number;
  readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly template: {
    readonly metadata: { readonly labels: object; readonly annotations: Readonly<Record<string, string>> };
    readonly spec: Pod;
  };
}

const kustomization = parse(readFileSync(join(FOLDER, 'kustomization.yaml'), 'utf8')) as {
  readonly resources: readonly string[];
  readonly configMapGenerator: readonly { readonly name: string; readonly files: readonly string[] }[];
  readonly images: readonly { readonly name: string }[];
};

const resources = kustomization.resources.flatMap((file) =>
  parseAllDocuments(readFileSync(join(FOLDER, file), 'utf8')).map((document) => {
    expect([file, document.errors]).toEqual([file, []]);
    return document.toJS() as Resource;
  }),
);

function find<T>(kind: string, name: string): T {
  const found = resources.filter((one) => one.kind === kind && one.metadata.name === name);
  expect([kind, name, found.length]).toEqual([kind, name, 1]);
  return (found[0] as Resource).spec as T;
}

const deploymentOf = (service: ServiceName) => find<Deployment>('Deployment', service);
const podOf = (service: ServiceName) => deploymentOf(service).template.spec;
const containerOf = (service: ServiceName) => podOf(service).containers[0];

const UNITS: Readonly<Record<string, number>> = { Mi: 1, Gi: 1024, MiB: 1, GiB: 1024 };
function mebibytes(text: string): number {
  const [, count, unit] = /^(\d+)\s*(\w+)$/.exec(text) as unknown as [string, string, string];
  return Number(count) * (UNITS[unit] as number);
}

/** The variables of a container: those of the image, then as Kubernetes puts them together. */
function environmentOf(service: ServiceName): Record<string, string> {
  const dockerfile = readFileSync(join(ROOT, `apps/${service}/Dockerfile`), 'utf8');
  const image = [...dockerfile.matchAll(/\b(TENON_\w+)=(\S+)/g)].map(([, name, value]) => [name, value]);
  const { env = [], envFrom } = containerOf(service);
  const maps = envFrom.map((from) => {
    const [kind, { name }] =
      'configMapRef' in from
        ? (['ConfigMap', from.configMapRef] as const)
        : (['Secret', from.secretRef] as const);
    return resources.find((one) => one.kind === kind && one.metadata.name === name) as Resource;
  });
  return {
    ...Object.fromEntries(image),
    ...Object.assign({}, ...maps.map(({ data, stringData }) => ({ ...data, ...stringData }))),
    ...Object.fromEntries(env.map(({ name, value }) => [name, value])),
  };
}

test('every file of the folder is applied', () => {
  const files = readdirSync(FOLDER).filter((file) => file !== 'kustomization.yaml');
  expect([...kustomization.resources].sort()).toEqual(files.sort());
});

test('the catalog is that of the checkout, and is mounted where the services look for it', () => {
  for (const folder of ['sources', 'products']) {
    const generated = kustomization.configMapGenerator.find(({ name }) => name === `catalog-${folder}`);
    const files = readdirSync(join(ROOT, 'catalog', folder)).map((file) => `../../catalog/${folder}/${file}`);
    expect([...(generated?.files ?? [])].sort()).toEqual(files.sort());
  }
});

describe.each(SERVICES)('%s', (service) => {
  test('has all the settings that it needs, and none that there is not', () => {
    const settings = readServiceSettings(service, environmentOf(service));
    expect(settings.TENON_PORT).toBe(KINDS[service].port);
    const mounted = containerOf(service).volumeMounts.map(({ mountPath }) => mountPath);
    expect(mounted).toEqual(
      expect.arrayContaining([`${settings.TENON_CATALOG}/sources`, `${settings.TENON_CATALOG}/products`]),
    );
    if (KINDS[service].servers.includes('TENON_LAKE')) expect(mounted).toContain(settings.TENON_LAKE);
  });

  test('gets no variables that look like settings from the names of Services', () => {
    expect(podOf(service).enableServiceLinks).toBe(false);
  });

  test('is its image, on its port, which its Service, its probes and its metrics know', () => {
    const { name, image, ports } = containerOf(service);
    expect([name, image]).toEqual([service, `tenon-${service}`]);
    expect(kustomization.images.map((one) => one.name)).toContain(image);
    const { port } = KINDS[service];
    expect(ports).toEqual([{ name: 'http', containerPort: port }]);
    expect(find('Service', service)).toMatchObject({ ports: [{ port, targetPort: 'http' }] });
    const { annotations } = deploymentOf(service).template.metadata;
    expect(annotations['prometheus.io/port']).toBe(String(port));
    expect(annotations['prometheus.io/path']).toBe(metricsRoute(createMetrics()).path);
    const paths = healthRoutes({ services: () => [] }).map(({ path }) => path);
    for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'] as const) {
      const { httpGet } = containerOf(service)[probe] as NonNullable<Container[typeof probe]>;
      expect([probe, httpGet.port, paths.includes(httpGet.path)]).toEqual([probe, 'http', true]);
    }
    expect(containerOf(service).readinessProbe?.httpGet.path).toBe('/readyz');
    expect(containerOf(service).livenessProbe?.httpGet.path).toBe('/healthz');
  });

  test('is what its Service, its selector and its budget select', () => {
    const labels = { 'app.kubernetes.io/name': service };
    expect(deploymentOf(service).template.metadata.labels).toEqual(labels);
    expect(deploymentOf(service).selector.matchLabels).toEqual(labels);
    expect(find('Service', service)).toMatchObject({ selector: labels });
    expect(find('PodDisruptionBudget', service)).toMatchObject({ selector: { matchLabels: labels } });
  });

  test('has time for an orderly end', () => {
    const { terminationGracePeriodSeconds, containers } = podOf(service);
    const { seconds } = containers[0].lifecycle.preStop.sleep;
    expect(terminationGracePeriodSeconds * 1000).toBeGreaterThanOrEqual(seconds * 1000 + SHUTDOWN_GRACE_MS);
  });

  test('has a volume for each mount, and memory for its engine', () => {
    const { volumes, containers } = podOf(service);
    const [{ volumeMounts, resources: needs }] = containers;
    expect(volumeMounts.map(({ name }) => name).sort()).toEqual(volumes.map(({ name }) => name).sort());
    const claims = volumes.flatMap(({ persistentVolumeClaim: claim }) => claim?.claimName ?? []);
    for (const claim of claims)
      expect(find('PersistentVolumeClaim', claim)).toMatchObject({ accessModes: ['ReadWriteMany'] });
    const shared = volumes.find(({ emptyDir }) => emptyDir?.medium === 'Memory')?.emptyDir?.sizeLimit;
    const isHandingRecords = service === 'speed' || service === 'batch';
    expect(shared === undefined ? 0 : mebibytes(shared)).toBeGreaterThanOrEqual(isHandingRecords ? 256 : 0);
    // An engine has two databases with this limit each.
    const engine = environmentOf(service)['TENON_ENGINE_MEMORY'];
    const total = mebibytes(shared ?? '0Mi') + (engine === undefined ? 0 : 2 * mebibytes(engine)) + 384;
    expect(mebibytes(needs.limits.memory)).toBeGreaterThanOrEqual(total);
  });

  test('says nothing else than the others say', () => {
    const general = (name: ServiceName) =>
      readFileSync(join(FOLDER, `${name}.yaml`), 'utf8')
        .replaceAll(name, '<service>')
        .replaceAll(String(KINDS[name].port), '<port>')
        .split('\n')
        .filter((line) => !/^# |requests:|limits:|value: /.test(line));
    const lines = new Set(general(service));
    expect(general('ingestion').filter((line) => !lines.has(line))).toEqual([]);
  });
});

test('what scales by itself has no number of its own, and speed no more than there are partitions', () => {
  const scaled = resources.filter(({ kind }) => kind === 'HorizontalPodAutoscaler');
  expect(scaled.map(({ metadata }) => metadata.name).sort()).toEqual(['ingestion', 'serving', 'speed']);
  for (const { metadata, spec } of scaled) {
    const { scaleTargetRef, minReplicas, maxReplicas } = spec as {
      scaleTargetRef: { name: ServiceName };
      minReplicas: number;
      maxReplicas: number;
    };
    expect(scaleTargetRef.name).toBe(metadata.name);
    expect(deploymentOf(scaleTargetRef.name).replicas).toBeUndefined();
    expect(minReplicas).toBeLessThanOrEqual(maxReplicas);
    if (scaleTargetRef.name !== 'speed') continue;
    const sources = join(ROOT, 'catalog/sources');
    const partitions = readdirSync(sources).map(
      (file) => (parse(readFileSync(join(sources, file), 'utf8')) as { partitions?: number }).partitions ?? 4,
    );
    expect(maxReplicas).toBeLessThanOrEqual(Math.max(...partitions));
  }
  for (const service of ['batch', 'consumption'] as const) expect(deploymentOf(service).replicas).toBe(2);
});

test('the ingress sends to ingestion what the gateway of compose does', () => {
  const { rules } = find<{
    rules: readonly {
      http: { paths: readonly { path: string; backend: { service: { name: string } } }[] };
    }[];
  }>('Ingress', 'tenon');
  const paths = rules.flatMap(({ http }) => http.paths);
  const of = (name: string) =>
    paths.filter(({ backend }) => backend.service.name === name).map(({ path }) => path);
  const [, writes] = /@writes path (.+)/.exec(
    readFileSync(join(ROOT, 'deploy/Caddyfile'), 'utf8'),
  ) as unknown as [string, string];
  expect(of('ingestion')).toEqual(writes.split(' ').filter((path) => !path.endsWith('/*')));
  expect(of('serving')).toEqual(['/']);
});

test('a catalog is read as Kubernetes mounts it: files that are links, beside folders that are hidden', async () => {
  const catalog = mkdtempSync(join(tmpdir(), 'tenon-mounted-'));
  try {
    for (const folder of ['sources', 'products']) {
      const mount = join(catalog, folder);
      mkdirSync(join(mount, '..2026_11_24'), { recursive: true });
      symlinkSync('..2026_11_24', join(mount, '..data'));
      for (const file of readdirSync(join(ROOT, 'catalog', folder))) {
        writeFileSync(join(mount, '..2026_11_24', file), readFileSync(join(ROOT, 'catalog', folder, file)));
        symlinkSync(join('..data', file), join(mount, file));
      }
    }
    expect(await createFileCatalog(catalog).load()).toMatchObject({
      problems: [],
      sources: [{ name: 'flights' }],
      products: [{}, {}, {}],
    });
  } finally {
    rmSync(catalog, { recursive: true });
  }
});
