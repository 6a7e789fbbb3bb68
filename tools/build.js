// npm run build [-- SERVICE…]: each service as one file, dist/SERVICE/src/main.js, for images that hold no TypeScript.
// Packages of node_modules stay outside of it; dist/SERVICE/packages.json lists those that it needs.
const { cpSync, mkdirSync, rmSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { ROOT, ensureInstalled } = require('./install');

const SERVICES = ['ingestion', 'speed', 'batch', 'consumption', 'serving'];

/** Its page is served from beside the bundle, with these libraries as they are. */
const DASHBOARD = {
  service: 'serving',
  files: 'apps/dashboard/public',
  packages: ['htm', 'preact', 'uplot'],
};

async function build(service) {
  const { build: bundle } = require('esbuild');
  const out = join(ROOT, 'dist', service);
  rmSync(out, { recursive: true, force: true });
  const { metafile } = await bundle({
    absWorkingDir: ROOT,
    entryPoints: [join('apps', service, 'src', 'main.ts')],
    outfile: join(out, 'src', 'main.js'),
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    sourcemap: true,
    sourcesContent: false,
    tsconfig: join(ROOT, 'tsconfig.base.json'),
    metafile: true,
    logLevel: 'warning',
  });
  const packages = new Set(service === DASHBOARD.service ? DASHBOARD.packages : []);
  for (const { imports } of Object.values(metafile.outputs))
    for (const { path, external } of imports)
      if (external && !path.startsWith('node:') && !require('node:module').builtinModules.includes(path))
        packages.add(/^(@[^/]+\/)?[^/]+/.exec(path)[0]);
  if (service === DASHBOARD.service)
    cpSync(join(ROOT, DASHBOARD.files), join(out, 'public'), { recursive: true });
  mkdirSync(out, { recursive: true });
  const { version, dependencies, overrides } = require('../package.json');
  const needed = Object.fromEntries([...packages].sort().map((name) => [name, dependencies[name]]));
  writeFileSync(
    join(out, 'packages.json'),
    `${JSON.stringify({ name: `tenon-${service}`, version, dependencies: needed, overrides }, null, 2)}\n`,
  );
  console.log(
    `dist/${service}: ${Object.values(metafile.outputs).reduce((sum, { bytes }) => sum + bytes, 0)} bytes`,
  );
}

async function main(asked) {
  const unknown = asked.find((service) => !SERVICES.includes(service));
  if (unknown !== undefined) {
    console.error(`usage: npm run build [-- ${SERVICES.join('|')} …]; there is no service ${unknown}.`);
    return 2;
  }
  ensureInstalled();
  for (const service of asked.length > 0 ? asked : SERVICES) await build(service);
  return 0;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error) => {
    console.error(error.message);
    process.exit(1);
  },
);
