import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { connect } from 'node:tls';
import type { Logger } from '@tenon/ports';
import type { CertificateAuthority } from '@tenon/testing';
import { createAuthority, eventually } from '@tenon/testing';
import { createHttpServer } from './server';
import type { HttpServer } from './server';

const directory = mkdtempSync(join(tmpdir(), 'tenon-tls-'));
const files = { certFile: join(directory, 'cert.pem'), keyFile: join(directory, 'key.pem'), lookEveryMs: 20 };
const lines: string[] = [];
const write = (_fields: object, message: string) => void lines.push(message);
const logger: Logger = { debug: write, info: write, warn: write, error: write, child: () => logger };
let authority: CertificateAuthority;
let server: HttpServer;

function replace(file: string, text: string) {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

async function install(name: string) {
  const { cert, key } = await authority.issue(name);
  replace(files.keyFile, key);
  replace(files.certFile, cert);
}

/** What the server answers, and the name on the certificate that it shows. */
const ask = () =>
  new Promise<{ status: number | undefined; name: string }>((resolve, reject) => {
    const asked = request(`${server.url}/hello`, { ca: authority.ca, agent: false }, (response) => {
      const name = String((response.socket as TLSSocket).getPeerCertificate().subject.CN);
      response.resume().once('end', () => resolve({ status: response.statusCode, name }));
    });
    asked.once('error', reject).end();
  });

beforeAll(async () => {
  authority = await createAuthority();
  await install('first');
  server = await createHttpServer({
    ...{ host: '127.0.0.1', port: 0, tls: files, logger, ids: { next: () => 'id' } },
    routes: [{ method: 'GET', path: '/hello', query: [], handle: async () => ({ status: 200, json: 1 }) }],
  });
});

afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});

test('it answers over HTTPS with the certificate it was given', async () => {
  expect(server.url).toMatch(/^https:/);
  expect(await ask()).toEqual({ status: 200, name: 'first' });
});

test('plain HTTP is not answered on its port', async () => {
  await expect(fetch(server.url.replace('https', 'http'))).rejects.toThrow();
});

test('a renewed certificate is shown without an end; one that is not sound changes nothing', async () => {
  replace(files.certFile, 'no certificate');
  await eventually('a word about it', () => lines.some((line) => line.includes('not sound')));
  expect((await ask()).name).toBe('first');
  await install('second');
  await eventually('the second certificate', async () => (await ask()).name === 'second');
});

test('a connection that asks nothing does not hold up its end', async () => {
  const silent = connect({ port: server.port, host: '127.0.0.1', ca: authority.ca });
  await new Promise((resolve) => silent.once('secureConnect', resolve));
  const ended = new Promise((resolve) => silent.once('close', resolve));
  silent.on('error', () => undefined);
  await server.close();
  await ended;
});

test('files that are not there, or do not belong together, are named', async () => {
  const options = { host: '127.0.0.1', port: 0, logger, ids: { next: () => 'id' }, routes: [] };
  const expected = { code: 'invalid-setting', message: expect.stringContaining('nowhere.pem') as unknown };
  await expect(
    createHttpServer({ ...options, tls: { ...files, keyFile: '/nowhere.pem' } }),
  ).rejects.toMatchObject(expected);
});
