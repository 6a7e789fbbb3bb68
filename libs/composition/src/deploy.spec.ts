/** The images and the compose file can't be built here, but what they say of the services can be held against them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { readServiceSettings } from './alone';
import { KINDS, SERVICES } from './services';

const ROOT = join(__dirname, '../../..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

interface ComposeService {
  readonly build: { readonly dockerfile: string };
  readonly environment: Record<string, string>;
}

const { services } = parse(read('deploy/compose.apps.yaml'), { merge: true }) as {
  services: Record<string, ComposeService>;
};

/** `${NAME:-default}` as Compose reads it where NAME is not set. */
const withDefaults = (text: string) => text.replace(/\$\{\w+:-([^}]*)\}/g, '$1');

test.each(SERVICES)('the image of %s is that service, on its port', (service) => {
  const dockerfile = read(`apps/${service}/Dockerfile`);
  expect(dockerfile).toContain(`node tools/build.js ${service}\n`);
  expect(dockerfile).toContain(`TENON_PORT=${KINDS[service].port} `);
  expect(dockerfile).toContain(`EXPOSE ${KINDS[service].port}\n`);
  expect(dockerfile).toContain(`CMD ["node", "dist/${service}/src/main.js"]`);
  expect(dockerfile).toContain('USER node\n');
  const general = (text: string, name: keyof typeof KINDS) =>
    text.replaceAll(name, '<service>').replaceAll(String(KINDS[name].port), '<port>').split('\n');
  const lines = new Set(general(dockerfile, service));
  expect(general(read('apps/speed/Dockerfile'), 'speed').filter((line) => !lines.has(line))).toEqual([]);
});

test.each(SERVICES)(
  'compose gives %s all the settings that it needs, and none that there is not',
  (service) => {
    const { build, environment } = services[service] as ComposeService;
    expect(build.dockerfile).toBe(`apps/${service}/Dockerfile`);
    const given = Object.entries(environment).map(([name, value]) => [name, withDefaults(String(value))]);
    expect(() => readServiceSettings(service, Object.fromEntries(given))).not.toThrow();
  },
);

test('the gateway of compose knows every service that answers clients', () => {
  const caddyfile = read('deploy/Caddyfile');
  for (const service of ['ingestion', 'serving'] as const)
    expect(caddyfile).toContain(`${service}:${KINDS[service].port}`);
});
