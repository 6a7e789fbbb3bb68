/** A JSON Schema 2020-12 per message and document of the wire: libs/contracts/schemas. */
import { VERSIONS } from '@tenon/contracts';
import type { Message } from '@tenon/contracts/schemas';
import { MESSAGES, jsonSchemaOf } from '@tenon/contracts/schemas';
import type { MessageName } from '@tenon/contracts';

export const messages = Object.entries(MESSAGES) as [MessageName, Message][];

/** File → its text. */
export function schemaFiles(): Map<string, string> {
  return new Map(
    messages.flatMap(([name, { title, schema, headers }]) => {
      const files = [[name, title, schema] as const];
      if (headers !== undefined) files.push([`${name}.headers` as MessageName, `Headers: ${title}`, headers]);
      return files.map(([file, about, one]) => {
        const { $schema, ...rest } = jsonSchemaOf(one);
        const $id = `urn:tenon:wire:${file}:${VERSIONS[name].writes}`;
        const text = JSON.stringify({ $schema, $id, title: about, ...rest }, null, 2);
        return [`libs/contracts/schemas/${file}.json`, `${text}\n`] as const;
      });
    }),
  );
}
