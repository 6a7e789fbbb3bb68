/** A schema registry in this process: the part of Confluent's HTTP API that readers use. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TestSchema {
  readonly schema: string;
  /** Absent: Avro. */
  readonly schemaType?: 'PROTOBUF' | 'JSON';
  readonly references?: readonly {
    readonly name: string;
    readonly subject: string;
    readonly version: number;
  }[];
}

export interface TestRegistry {
  readonly url: string;
  /** What was asked for, in order. */
  readonly asked: readonly string[];
  /** Answers with this status, whatever is asked; null: as it should. */
  fails: number | null;
  /** @returns its id */
  add(subject: string, schema: TestSchema): number;
  close(): Promise<void>;
}

/** @param basic user and password that it wants, as `user:password` */
export async function startSchemaRegistry(basic?: string): Promise<TestRegistry> {
  const schemas: TestSchema[] = [];
  const subjects = new Map<string, TestSchema[]>();
  const asked: string[] = [];
  const wanted = basic === undefined ? undefined : `Basic ${Buffer.from(basic).toString('base64')}`;
  const find = (path: string): TestSchema | undefined => {
    const [, id] = /^\/schemas\/ids\/(\d+)$/.exec(path) ?? [];
    if (id !== undefined) return schemas[Number(id) - 1];
    const [, subject = '', version] = /^\/subjects\/([^/]+)\/versions\/(\d+)$/.exec(path) ?? [];
    return subjects.get(decodeURIComponent(subject))?.[Number(version) - 1];
  };
  const server = createServer((request, response) => {
    const path = String(request.url);
    asked.push(path);
    const found = find(path);
    const isStranger = wanted !== undefined && request.headers.authorization !== wanted;
    const status = registry.fails ?? (isStranger ? 401 : found === undefined ? 404 : 200);
    response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' });
    response.end(JSON.stringify(status === 200 ? found : { error_code: 40403, message: 'Schema not found' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const registry: TestRegistry = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    fails: null,
    add: (subject, schema) => {
      subjects.set(subject, [...(subjects.get(subject) ?? []), schema]);
      return schemas.push(schema);
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return registry;
}

/** A value as producers frame it. */
export function framed(id: number, bytes: Uint8Array): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeInt32BE(id, 1);
  return Buffer.concat([prefix, bytes]);
}
