/** Holds answers against the OpenAPI document of whoever gave them: what it does not name is a fault too. */
import Ajv2020 from 'ajv/dist/2020';
import type { ValidateFunction } from 'ajv/dist/2020';

type Json = { readonly [name: string]: unknown };

interface DescribedResponse {
  readonly content?: Readonly<Record<string, { readonly schema: Json }>>;
  readonly 'x-codes'?: readonly string[];
}

export interface ReceivedAnswer {
  readonly method: string;
  /** With its query. */
  readonly url: string;
  readonly status: number;
  readonly contentType: string | null;
  readonly text: string;
}

export class OpenApi {
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  private readonly compiled = new Map<string, ValidateFunction>();
  /** Operations that an answer was seen of, as `GET /v1/products/{name} 200`. */
  readonly seen = new Set<string>();

  private constructor(readonly document: Json) {
    this.ajv.addSchema(closed(document) as Json, 'openapi');
  }

  static async of(url: string, headers: Readonly<Record<string, string>> = {}): Promise<OpenApi> {
    const response = await fetch(`${url}/openapi.json`, { headers });
    return new OpenApi((await response.json()) as Json);
  }

  get paths(): Readonly<Record<string, Readonly<Record<string, Json>>>> {
    return this.document['paths'] as Readonly<Record<string, Readonly<Record<string, Json>>>>;
  }

  /** What is wrong with an answer; empty where nothing is. */
  faultsOf({ method, url, status, contentType, text }: ReceivedAnswer): readonly string[] {
    const asked = url.split('?')[0] as string;
    const path = this.pathOf(asked);
    const verb = method.toLowerCase();
    if (path === undefined || this.paths[path]?.[verb] === undefined)
      // A path or method that there is none of: its problem is the same anywhere.
      return status === 404 || status === 405
        ? this.faultsBy('#/components/schemas/Problem', text)
        : [`${method} ${asked} is not described`];
    const place = `${method} ${path} ${status}`;
    this.seen.add(place);
    const responses = this.paths[path][verb]?.['responses'] as Readonly<Record<string, DescribedResponse>>;
    const response = responses[status];
    if (response === undefined) return [`${place} is not described`];
    if (response.content === undefined) return text === '' ? [] : [`${place} has a body`];
    const type = contentType?.split(';')[0] ?? '';
    if (response.content[type] === undefined) return [`${place} is of ${type}, which is not described`];
    if (!type.endsWith('json')) return [];
    const known = response['x-codes'] ?? [];
    const { code } = JSON.parse(text) as { readonly code?: string };
    if (type === 'application/problem+json' && status < 500 && !known.includes(String(code)))
      return [`${place}: ${code} is not described`];
    const pointer = ['paths', path, verb, 'responses', String(status), 'content', type, 'schema'];
    return this.faultsBy(`#/${pointer.map(segment).join('/')}`, text).map((fault) => `${place}: ${fault}`);
  }

  /** What is wrong with a JSON text by one of the document's schemas. */
  faultsBy(pointer: string, text: string): readonly string[] {
    let validate = this.compiled.get(pointer);
    if (validate === undefined)
      this.compiled.set(pointer, (validate = this.ajv.compile({ $ref: `openapi${pointer}` })));
    if (validate(JSON.parse(text))) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) =>
        `${instancePath || '(all)'} ${message} ${JSON.stringify(params)}`,
    );
  }

  /** One without parameters goes first. */
  pathOf(asked: string): string | undefined {
    if (this.paths[asked] !== undefined) return asked;
    return Object.keys(this.paths).find((path) =>
      new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+')}$`).test(asked),
    );
  }
}

const segment = (text: string) => encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'));

/**
 * Clients overlook members that they do not know; here they are a fault, since somebody has forgotten to describe them.
 * Objects that say that they are open stay so, and those that are put together are left as they are.
 */
function closed(schema: unknown, name = ''): unknown {
  if (Array.isArray(schema)) return schema.map((one) => closed(one));
  if (typeof schema !== 'object' || schema === null) return schema;
  const { properties, additionalProperties, allOf, $id: _, ...rest } = schema as Json;
  const inner = Object.fromEntries(
    Object.entries(rest).map(([key, one]) => [key, key === 'x-codes' ? one : closed(one, key)]),
  );
  const isObject = properties !== undefined && rest['type'] === 'object' && name !== 'properties';
  const open = allOf !== undefined || additionalProperties !== undefined;
  return {
    ...inner,
    ...(properties !== undefined && {
      properties: Object.fromEntries(
        Object.entries(properties as Json).map(([key, one]) => [key, closed(one, key)]),
      ),
    }),
    ...(allOf !== undefined && {
      allOf: (allOf as readonly Json[]).map((one) => (one['properties'] === undefined ? closed(one) : one)),
    }),
    ...(isObject && !open && { additionalProperties: false }),
    ...(additionalProperties !== undefined && { additionalProperties }),
  };
}
