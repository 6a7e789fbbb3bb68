/** The OpenAPI 3.1 document of a process: of its own routes, and of the sources and products of its catalog. */
import type { JsonSchema, Plan, SourceDefinition } from '@tenon/domain';
import { z } from 'zod';
import { ROWS_PREFIXES } from '../../rows-query';
import { LIVE_MESSAGE, PROBLEM, ROW } from './components';
import type { Content, Operation } from './operations';
import { ANY_HEADERS, ANY_REQUEST, OPERATIONS, WITH_TOKEN } from './operations';
import type { Parameters } from './parameters';
import { rowSchema } from './row-schema';
import { Schemas } from './schemas';

type Json = Readonly<Record<string, unknown>>;

export interface DescribedRoute {
  readonly method: string;
  /** As routes have it, with `:name`. */
  readonly path: string;
}

export interface Described {
  readonly version: string;
  readonly routes: readonly DescribedRoute[];
  readonly sources: readonly SourceDefinition[];
  /** Of a product with several versions the one that its name answers with first. */
  readonly plans: readonly Plan[];
  /** The role that a route needs; null: anybody may. Absent: nobody is asked who he is. */
  readonly roleOf?: (route: DescribedRoute) => string | null;
}

const EVENTS = '/v1/sources/:source/events';
const ROWS = '/v1/products/:name/rows';

export function openApiOf({ version, routes, sources, plans, roleOf }: Described): Json {
  const schemas = new Schemas();
  schemas.add(LIVE_MESSAGE);
  const paths: Record<string, Record<string, Json>> = {};
  const put = (path: string, route: DescribedRoute, operation: Json) => {
    const role = roleOf?.(route);
    const secured = role === undefined || role === null ? {} : { security: SECURITY, 'x-role': role };
    (paths[path] ??= {})[route.method.toLowerCase()] = { ...operation, ...secured };
  };
  for (const route of routes) {
    const operation = OPERATIONS[`${route.method} ${route.path}`] ?? undescribed(route.path);
    const secured = (roleOf?.(route) ?? null) !== null;
    const make = (one: Operation, id: string) => operationOf(schemas, one, id, secured);
    put(route.path.replace(/:(\w+)/g, '{$1}'), route, make(operation, idOf(route)));
    if (route.path === EVENTS)
      for (const source of sources)
        put(route.path.replace(':source', source.name), route, {
          ...make(withoutPath(operation, `Send events to ${source.name}`), `sendTo_${source.name}`),
          requestBody: eventsBody(schemas, source, operation),
        });
    if (route.path === ROWS)
      for (const [product, versions] of versionsOf(plans)) {
        const one = make(withoutPath(operation, `Rows of ${product}`), `rowsOf_${product}`);
        put(route.path.replace(':name', product), route, productRows(schemas, versions, one));
      }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tenon',
      version,
      summary: 'Data products of a Lambda or Kappa architecture: events in, answers out',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    tags: ['events', 'products', 'dead letters', 'operation', 'health'].map((name) => ({ name })),
    paths,
    components: {
      schemas: schemas.all(),
      ...(roleOf !== undefined && { securitySchemes: SECURITY_SCHEMES }),
    },
  };
}

function versionsOf(plans: readonly Plan[]): ReadonlyMap<string, readonly Plan[]> {
  const versions = new Map<string, Plan[]>();
  for (const plan of plans) versions.set(plan.product, [...(versions.get(plan.product) ?? []), plan]);
  return versions;
}

const SECURITY = [{ bearer: [] }, { cookie: [] }];
const SECURITY_SCHEMES = {
  bearer: { type: 'http', scheme: 'bearer' },
  cookie: { type: 'apiKey', in: 'cookie', name: 'tenon-token' },
};

/** A route without an entry is listed all the same; a spec fails for it. */
const undescribed = (path: string): Operation => ({
  summary: path,
  tag: 'operation',
  path: Object.fromEntries(
    [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => [
      name,
      { schema: z.string(), description: name, required: true },
    ]),
  ),
  answers: {},
});

const withoutPath = ({ path: _, description: __, ...operation }: Operation, summary: string): Operation => ({
  ...operation,
  summary,
});

/** `GET /v1/products/:name/rows` → `getProductsRowsByName`. */
const idOf = ({ method, path }: DescribedRoute) =>
  method.toLowerCase() +
  path
    .replace('/v1', '')
    .replace('.json', '')
    .split('/')
    .filter((part) => part !== '')
    .map((part) => (part.startsWith(':') ? `By-${part.slice(1)}` : part))
    .join('-')
    .replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());

function operationOf(schemas: Schemas, operation: Operation, operationId: string, secured: boolean): Json {
  const { summary, description, tag, path = {}, query = {}, headers = {}, body } = operation;
  const all = [
    ...parametersOf(schemas, 'path', path),
    ...parametersOf(schemas, 'query', query),
    ...parametersOf(schemas, 'header', { ...headers, ...ANY_HEADERS }),
  ];
  return {
    operationId,
    summary,
    ...(description !== undefined && { description }),
    tags: [tag],
    parameters: all,
    ...(body !== undefined && { requestBody: { required: true, content: contentOf(schemas, body) } }),
    responses: responsesOf(schemas, operation, secured),
  };
}

const parametersOf = (schemas: Schemas, place: string, all: Parameters): Json[] =>
  Object.entries(all).map(([name, { schema, description, required = false }]) => ({
    name,
    in: place,
    description,
    ...(required && { required }),
    schema: schemas.of(schema),
  }));

const contentOf = (schemas: Schemas, content: Content): Json =>
  Object.fromEntries(
    Object.entries(content).map(([type, schema]) => [
      type,
      { schema: schema !== null ? schemas.of(schema) : type.startsWith('text/') ? { type: 'string' } : {} },
    ]),
  );

/** What is answered, by status; of problems the codes that there are. */
function responsesOf(schemas: Schemas, { answers, problems = {} }: Operation, secured: boolean): Json {
  const codes = new Map<number, string[]>();
  for (const [code, statuses] of Object.entries({ ...ANY_REQUEST, ...(secured && WITH_TOKEN), ...problems }))
    for (const status of statuses) codes.set(status, [...(codes.get(status) ?? []), code]);
  const responses: Record<string, Json> = {};
  for (const [status, { description, content = {}, headers = [] }] of Object.entries(answers))
    responses[status] = {
      description,
      ...(headers.length > 0 && {
        headers: Object.fromEntries(headers.map((name) => [name, { schema: { type: 'string' } }])),
      }),
      ...(Object.keys(content).length > 0 && { content: contentOf(schemas, content) }),
    };
  for (const [status, known] of [...codes].sort(([a], [b]) => a - b))
    responses[status] = withProblems(schemas, responses[status], known.sort());
  return responses;
}

function withProblems(schemas: Schemas, answer: Json | undefined, codes: readonly string[]): Json {
  const described = `A problem: ${codes.map((code) => `\`${code}\``).join(', ')}`;
  return {
    ...answer,
    description: answer === undefined ? described : `${String(answer['description'])}. ${described}`,
    content: {
      ...(answer?.['content'] as Json | undefined),
      'application/problem+json': { schema: schemas.add(PROBLEM) },
    },
    'x-codes': codes,
  };
}

function eventsBody(schemas: Schemas, source: SourceDefinition, { body = {} }: Operation): Json {
  const data = schemas.put(`Event.${source.name}`, embedded(source));
  const content = contentOf(schemas, body);
  return {
    required: true,
    content: {
      ...content,
      'application/json': { schema: { anyOf: [data, { type: 'array', items: { anyOf: [data, {}] } }] } },
    },
  };
}

/** References within a schema are meant within it: so it is a resource of its own. */
function embedded({ name, schema, description }: SourceDefinition): JsonSchema {
  if (typeof schema === 'boolean') return schema;
  const own = JSON.stringify(schema).includes('"$ref"') && schema['$id'] === undefined;
  return {
    ...(own && { $id: `urn:tenon:source:${name}` }),
    ...(description !== undefined && { description }),
    ...schema,
  };
}

/** Key columns are parameters too, and rows have the columns of the served version, or of another one that is asked for. */
function productRows(schemas: Schemas, versions: readonly Plan[], operation: Json): Json {
  const rows = versions.map((plan, index) => {
    const { product, version } = plan;
    const name = index === 0 ? `Row.${product}` : `Row.${product}.v${version}`;
    return schemas.put(name, rowSchema(plan, schemas.add(ROW)));
  });
  const row = rows.length === 1 ? rows[0] : { anyOf: rows };
  const keyed = versions.flatMap(({ key }) => key.flatMap(({ column }) => (column === null ? [] : [column])));
  const columns = [...new Set(keyed)];
  const hasWindow = versions.some(({ window }) => window !== null);
  const of = hasWindow ? new Set<string>() : new Set(['from', 'to']);
  const options = (operation['parameters'] as readonly { name: string; in: string }[])
    .filter((one) => one.in !== 'query' || !of.has(one.name))
    .map((one) =>
      one.in === 'query' && columns.includes(one.name)
        ? { ...one, name: `${ROWS_PREFIXES.option}${one.name}` }
        : one,
    );
  const keys = columns.map((column) => ({
    name: column,
    in: 'query',
    description: `Rows of this value; \`${ROWS_PREFIXES.isNull}${column}=true\` in its place: where it is NULL`,
    schema: { type: 'string' },
  }));
  const responses = operation['responses'] as Readonly<Record<string, Json>>;
  const { content, ...answer } = responses['200'] as { content: Record<string, Json> };
  const base = (content['application/json'] as { schema: Json }).schema;
  return {
    ...operation,
    parameters: [...options, ...keys],
    responses: {
      ...responses,
      200: {
        ...answer,
        content: {
          ...content,
          'application/json': {
            schema: { allOf: [base, { type: 'object', properties: { rows: { items: row } } }] },
          },
        },
      },
    },
  };
}
