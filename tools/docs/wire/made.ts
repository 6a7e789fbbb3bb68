import { asyncApiText } from './asyncapi';
import { schemaFiles } from './json-schemas';
import { withTables } from './page';

/** Every file that is made of the registry of the wire, and its text. @param read reads a file of the checkout */
export function made(read: (name: string) => string): Map<string, string> {
  return new Map([
    ['docs/asyncapi.yaml', asyncApiText()],
    ['docs/wire.md', withTables(read('docs/wire.md'))],
    ...schemaFiles(),
  ]);
}
