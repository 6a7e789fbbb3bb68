/** The settings of TLS and of who Tenon is, each against a server that lets nobody else in. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nkeys } from '@nats-io/transport-node';
import type { Parts } from '@tenon/composition';
import { createParts } from '@tenon/composition';
import { createLogger, readSettings } from '@tenon/runtime';
import { eventually } from '@tenon/testing';
import type { Certificates, Secured } from './secured-servers';
import { startKafka, startMongo, startNats, writeCertificates } from './secured-servers';

const onServers = process.env['TENON_KAFKA_BROKERS'] === undefined ? describe.skip : describe;
const logger = createLogger({ level: 'silent', name: 'secured' });

onServers('Servers that let in only who they know', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tenon-secured-'));
  const opened: Parts[] = [];
  const servers: { stop(): Promise<void> }[] = [];
  let certificates: Certificates;

  const partsOf = (environment: Record<string, string>) => {
    const parts = createParts(readSettings(environment), directory, logger, 'secured');
    opened.push(parts);
    return parts;
  };

  beforeAll(async () => {
    certificates = await writeCertificates(join(directory, 'certificates'));
  });

  afterAll(async () => {
    for (const parts of opened) await parts.close().catch(() => undefined);
    for (const server of servers) await server.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  test('NATS: an authority of its own, a client certificate and an nkey', async () => {
    const user = nkeys.createUser();
    const seed = join(directory, 'user.nk');
    writeFileSync(seed, `${new TextDecoder().decode(user.getSeed())}\n`);
    const server = await startNats(directory, certificates, user.getPublicKey());
    servers.push(server);
    const { ca, client } = certificates;
    const known = {
      TENON_NATS_URL: server.url,
      TENON_NATS_CA: ca,
      TENON_NATS_CERT: client.cert,
      TENON_NATS_KEY: client.key,
      TENON_NATS_NKEY: seed,
    };
    const bus = await partsOf(known).bus();
    await eventually('a connection', () => bus.connected());
    await bus.respond('tenon.hello', () => 'hello');
    expect(await bus.request('tenon.hello', null, { timeoutMs: 5_000, max: 1 })).toEqual(['hello']);
    const { TENON_NATS_NKEY: _seed, ...stranger } = known;
    await expect(partsOf(stranger).bus()).rejects.toMatchObject({ code: 'bus-refused' });
  });

  test('MongoDB: an authority of its own and a client certificate', async () => {
    const server = await startMongo(directory, certificates);
    servers.push(server);
    const known = {
      TENON_MONGODB_URL: server.url,
      TENON_MONGODB_CA: certificates.ca,
      TENON_MONGODB_CERT: certificates.client.both,
    };
    const store = await eventually(
      'a primary',
      () =>
        partsOf(known)
          .store()
          .catch(() => false),
      {
        timeoutMs: 30_000,
      },
    );
    if (typeof store === 'boolean') throw new Error('no store');
    await store.transact(async (tx) => tx.put('meta', 'hello', { v: 1 }));
    expect(await store.snapshot((snapshot) => snapshot.get('meta', 'hello'))).toEqual({ v: 1 });
    const { TENON_MONGODB_CERT: _certificate, ...stranger } = known;
    await expect(partsOf(stranger).store()).rejects.toMatchObject({ code: 'unavailable' });
  });

  describe('Kafka', () => {
    let server: Secured & { readonly bearerUrl: string };
    let issuer: Server;
    let asked: string[];

    const expectWorks = async (environment: Record<string, string>, topic: string) => {
      const log = await eventually(
        'Kafka',
        () =>
          partsOf(environment)
            .log()
            .catch(() => false),
        {
          timeoutMs: 60_000,
        },
      );
      if (typeof log === 'boolean') throw new Error('no log');
      await eventually(
        'a topic',
        () =>
          log.ensureTopic({ name: topic, partitions: 1 }).then(
            () => true,
            () => false,
          ),
        {
          timeoutMs: 60_000,
        },
      );
      await log.append(topic, [{ partition: 0, key: null, value: 'hello' }]);
      expect(await log.endOffsets(topic)).toEqual({ 0: 1 });
    };

    beforeAll(async () => {
      server = await startKafka(directory, certificates);
      servers.push(server);
      asked = [];
      issuer = createServer((request, response) => {
        let body = '';
        request.on('data', (chunk: Buffer) => (body += chunk.toString()));
        request.on('end', () => {
          asked.push(`${request.headers.authorization ?? ''} ${body}`);
          const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
          const now = Math.floor(Date.now() / 1000);
          const token = `${part({ alg: 'none' })}.${part({ sub: 'tenon', iat: now, exp: now + 3600 })}.`;
          response.setHeader('content-type', 'application/json');
          response.end(JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: 3600 }));
        });
      });
      await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
    });

    afterAll(() => issuer?.close());

    test('a client certificate', async () => {
      const { ca, client } = certificates;
      const known = {
        TENON_KAFKA_BROKERS: server.url,
        TENON_KAFKA_TLS: ca,
        TENON_KAFKA_CERT: client.cert,
        TENON_KAFKA_KEY: client.key,
      };
      await expectWorks(known, 'mutual');
    });

    test('a token of OAuth, asked for once', async () => {
      const { port } = issuer.address() as AddressInfo;
      const known = {
        TENON_KAFKA_BROKERS: server.bearerUrl,
        TENON_KAFKA_TLS: certificates.ca,
        TENON_KAFKA_SASL: 'oauthbearer',
        TENON_KAFKA_USERNAME: 'tenon',
        TENON_KAFKA_PASSWORD: 's3cret',
        TENON_KAFKA_TOKEN_URL: `http://127.0.0.1:${port}/token`,
        TENON_KAFKA_SCOPE: 'kafka',
      };
      await expectWorks(known, 'bearer');
      expect(asked[0]).toContain('scope=kafka');
      expect(asked).toHaveLength(1);
    });
  });
});
