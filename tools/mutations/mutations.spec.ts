/** Whether each mutation still says where it is; whether it is found is `npm run test:mutations`. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LANDING } from './landing';
import { LAYERS } from './layers';
import { RULES } from './rules';

const ROOT = join(__dirname, '../..');
const ALL = [...RULES, ...LANDING, ...LAYERS];

test.each(ALL.map((one) => [`${one.file}: ${one.means}`, one] as const))('%s', (_, { file, was, specs }) => {
  expect(readFileSync(join(ROOT, file), 'utf8').split(was)).toHaveLength(2);
  expect(specs.filter((spec) => !existsSync(join(ROOT, spec)))).toEqual([]);
});
