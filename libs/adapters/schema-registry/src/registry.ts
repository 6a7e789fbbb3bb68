/** Schemas by their ids, from a registry that speaks Confluent's HTTP API. What an id names never changes, so each is asked for once. */
import { Unavailable } from '@tenon/errors';

export interface RegistryOptions {
  /** Where it is; user and password stand beside it. */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
}

export interface RegisteredSchema {
  readonly type: 'AVRO' | 'PROTOBUF' | 'JSON';
  readonly text: string;
  /** What it imports or names, with what these do before them. */
  readonly references: readonly { readonly name: string; readonly text: string }[];
}

const TIMEOUT_MS = 10_000;
/** Levels of references at most. */
const MAX_DEPTH = 16;

interface Answer {
  readonly schema?: string;
  readonly schemaType?: string;
  readonly references?: readonly {
    readonly name: string;
    readonly subject: string;
    readonly version: number;
  }[];
}

export class SchemaRegistry {
  constructor(private readonly options: RegistryOptions) {}

  /** @returns null where there is no such schema. @throws Unavailable */
  async byId(id: number): Promise<RegisteredSchema | null> {
    const found = await this.ask(`schemas/ids/${id}`);
    if (found === null || typeof found.schema !== 'string') return null;
    const references = await this.referencesOf(found, new Set(), 0);
    return references === null ? null : { type: typeOf(found), text: found.schema, references };
  }

  /** What others refer to comes first; each once. */
  private async referencesOf(
    { references = [] }: Answer,
    seen: Set<string>,
    depth: number,
  ): Promise<RegisteredSchema['references'] | null> {
    const all: { name: string; text: string }[] = [];
    if (depth > MAX_DEPTH) return null;
    for (const { name, subject, version } of references) {
      if (seen.has(name)) continue;
      seen.add(name);
      const found = await this.ask(`subjects/${encodeURIComponent(subject)}/versions/${version}`);
      if (found === null || typeof found.schema !== 'string') return null;
      const below = await this.referencesOf(found, seen, depth + 1);
      if (below === null) return null;
      all.push(...below, { name, text: found.schema });
    }
    return all;
  }

  private async ask(path: string): Promise<Answer | null> {
    const { url, username, password = '' } = this.options;
    const authorization =
      username === undefined
        ? {}
        : { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
    try {
      const response = await fetch(`${url.replace(/\/+$/, '')}/${path}`, {
        headers: { accept: 'application/vnd.schemaregistry.v1+json, application/json', ...authorization },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (response.status === 404) return null;
      if (!response.ok) throw new Error(`it answers ${response.status}`);
      return (await response.json()) as Answer;
    } catch (error) {
      const reason = (error as Error).message;
      throw new Unavailable(`The schema registry can't be asked for ${path}: ${reason}`, { cause: error });
    }
  }
}

/** Avro is not named. */
function typeOf({ schemaType = 'AVRO' }: Answer): RegisteredSchema['type'] {
  return schemaType === 'PROTOBUF' || schemaType === 'JSON' ? schemaType : 'AVRO';
}
