/** `npm run docs:wire`: writes what is made of the registry of the wire. */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../sources';
import { made } from './made';

const files = made((name) => readFileSync(join(ROOT, name), 'utf8'));
for (const [name, text] of files) {
  mkdirSync(dirname(join(ROOT, name)), { recursive: true });
  writeFileSync(join(ROOT, name), text);
}
const folder = 'libs/contracts/schemas';
for (const name of readdirSync(join(ROOT, folder)))
  if (!files.has(`${folder}/${name}`)) rmSync(join(ROOT, folder, name));
console.log(`${files.size} files written.`);
