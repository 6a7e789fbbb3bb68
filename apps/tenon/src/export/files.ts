/** The files that declare sources and products: what reading them gives is what they were made of, to the letter. */
import { isDeepStrictEqual } from 'node:util';
import type { ProductDefinition, SourceDefinition } from '@tenon/domain';
import { durationText } from '@tenon/composition';
import { parse, stringify } from 'yaml';

export interface CatalogFile {
  /** Below the catalog's directory. */
  readonly path: string;
  readonly text: string;
}

/** A schema that stood in a file of its own stands in the source then. */
export function sourceFile(source: SourceDefinition): CatalogFile {
  const { name, description, key, id = [], time, partitions, dedupe, latenessMicros = 0, schema } = source;
  const settings = {
    ...(description !== undefined && { description }),
    ...(key.length > 0 && { key: oneOrMore(key) }),
    ...(id.length > 0 && { id: oneOrMore(id) }),
    ...(time !== null && { time }),
    partitions,
    dedupe,
    ...(latenessMicros > 0 && { lateness: durationText(latenessMicros) }),
    schema,
  };
  return { path: `sources/${name}.yaml`, text: yamlOf(settings) };
}

/** The SQL as it was written, comments too; the settings where one is not what it is without them. */
export function productFiles(product: ProductDefinition): CatalogFile[] {
  const { name, version, sql, topology, retentionMicros, generations, description } = product;
  const settings = {
    ...(version !== 1 && { version }),
    ...(topology !== 'lambda' && { topology }),
    ...(retentionMicros !== null && { retention: durationText(retentionMicros) }),
    ...(generations !== undefined && { generations }),
    ...(description !== undefined && { description }),
  };
  return [
    { path: `products/${name}.sql`, text: sql },
    ...(Object.keys(settings).length === 0
      ? []
      : [{ path: `products/${name}.yaml`, text: yamlOf(settings) }]),
  ];
}

const oneOrMore = (fields: readonly string[]) => (fields.length === 1 ? fields[0] : fields);

/** What is written is read back: JSON is YAML too, and has fewer ways to mean something else. */
function yamlOf(value: object): string {
  const text = stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
  const isSame = (() => {
    try {
      return isDeepStrictEqual(parse(text), JSON.parse(JSON.stringify(value)));
    } catch {
      return false;
    }
  })();
  return isSame ? text : `${JSON.stringify(value, null, 2)}\n`;
}
