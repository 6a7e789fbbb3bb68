/** Servers that let in only who shows a certificate (and more), for the suite that holds the TLS settings against them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import * as os from 'node:os';
import { join } from 'node:path';
import type { CertificateAuthority } from '@tenon/testing';
import { createAuthority } from '@tenon/testing';
import { MongoClient } from 'mongodb';
import { kafka } from '../parts/kafka';
import { mongodb } from '../parts/mongodb';
import { nats } from '../parts/nats';
import { claimPort } from '../ports';
import type { Process } from '../programs';
import { run, start, stop } from '../programs';
import { readSettings } from '../settings';

const quiet = () => undefined;
const freePort = () => claimPort(0, '');
const { cache } = readSettings();

/** Certificates of one authority, as files: `ca`, and cert and key of a server and of a client. */
export interface Certificates {
  readonly ca: string;
  readonly client: { readonly cert: string; readonly key: string; readonly both: string };
  readonly server: { readonly cert: string; readonly key: string; readonly both: string };
}

export async function writeCertificates(directory: string): Promise<Certificates> {
  const authority: CertificateAuthority = await createAuthority();
  mkdirSync(directory, { recursive: true });
  const put = (name: string, text: string) => {
    const path = join(directory, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const issue = async (name: string) => {
    const { cert, key } = await authority.issue(name);
    const both = put(`${name}.both.pem`, `${key}\n${cert}\n`);
    return { cert: put(`${name}.pem`, cert), key: put(`${name}.key`, key), both };
  };
  return { ca: put('ca.pem', authority.ca), client: await issue('tenon'), server: await issue('server') };
}

export interface Secured {
  readonly url: string;
  stop(): Promise<void>;
}

const running = (url: string, process: Process): Secured => ({ url, stop: () => stop(process, 3_000) });

/** TLS with certificates on both sides, and a user by nkey. @param nkey the user's public key */
export async function startNats(
  directory: string,
  { ca, server }: Certificates,
  nkey: string,
): Promise<Secured> {
  const program = await nats.install(cache, quiet);
  const port = await freePort();
  const config = join(directory, 'nats.conf');
  writeFileSync(
    config,
    `listen: "127.0.0.1:${port}"
tls { cert_file: "${server.cert}", key_file: "${server.key}", ca_file: "${ca}", verify: true }
authorization { users: [ { nkey: ${nkey} } ] }
`,
  );
  const process = start(join(program, 'nats-server'), ['-c', config], join(directory, 'nats.log'));
  return running(`tls://127.0.0.1:${port}`, process);
}

/** TLS with certificates on both sides. */
export async function startMongo(directory: string, { ca, client, server }: Certificates): Promise<Secured> {
  const program = await mongodb.install(cache, quiet);
  const port = await freePort();
  const data = join(directory, 'mongodb');
  mkdirSync(data, { recursive: true });
  const args = ['--bind_ip', '127.0.0.1', '--port', String(port), '--dbpath', data, '--replSet', 'rs0'];
  args.push('--tlsMode', 'requireTLS', '--tlsCertificateKeyFile', server.both, '--tlsCAFile', ca);
  args.push('--nounixsocket', '--wiredTigerCacheSizeGB', '0.3', '--quiet');
  const process = start(join(program, 'mongod'), args, join(directory, 'mongodb.log'));
  const admin = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, {
    ...{ tls: true, tlsCAFile: ca, tlsCertificateKeyFile: client.both, serverSelectionTimeoutMS: 30_000 },
    // Without it the driver imports this at run time, which Jest does not take.
    runtimeAdapters: { os },
  });
  try {
    const members = [{ _id: 0, host: `127.0.0.1:${port}` }];
    await admin.db('admin').command({ replSetInitiate: { _id: 'rs0', members } });
  } finally {
    await admin.close();
  }
  return running(`mongodb://127.0.0.1:${port}/tenon?replicaSet=rs0`, process);
}

/** Two listeners: one that wants a certificate of clients, one that wants a token (OAUTHBEARER, unsecured ones taken). */
export async function startKafka(
  directory: string,
  { ca, server }: Certificates,
): Promise<Secured & { readonly bearerUrl: string }> {
  const program = await kafka.install(cache, quiet);
  const [port, bearerPort, controllerPort] = [await freePort(), await freePort(), await freePort()];
  const config = join(directory, 'kafka.properties');
  const oauth = 'listener.name.bearer.oauthbearer.sasl';
  const handler = 'org.apache.kafka.common.security.oauthbearer.internals.unsecured';
  writeFileSync(
    config,
    `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controllerPort}
listeners=MUTUAL://127.0.0.1:${port},BEARER://127.0.0.1:${bearerPort},CONTROLLER://127.0.0.1:${controllerPort}
listener.security.protocol.map=MUTUAL:SSL,BEARER:SASL_SSL,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=MUTUAL
listener.name.mutual.ssl.client.auth=required
ssl.keystore.type=PEM
ssl.keystore.location=${server.both}
ssl.truststore.type=PEM
ssl.truststore.location=${ca}
ssl.endpoint.identification.algorithm=
listener.name.bearer.sasl.enabled.mechanisms=OAUTHBEARER
${oauth}.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;
${oauth}.server.callback.handler.class=${handler}.OAuthBearerUnsecuredValidatorCallbackHandler
log.dirs=${join(directory, 'kafka')}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
`,
  );
  const java = [
    '-cp',
    join(program, 'libs', '*'),
    `-Dlog4j2.configurationFile=${join(program, 'log4j2.properties')}`,
  ];
  const format = [
    ...java,
    'kafka.tools.StorageTool',
    'format',
    '-t',
    'dGVub24tc3RhY2sta2Fma2E',
    '-c',
    config,
  ];
  await run('java', format);
  const args = ['-Xmx384m', '-XX:+UseSerialGC', ...java, 'kafka.Kafka', config];
  const process = start('java', args, join(directory, 'kafka.log'));
  return { ...running(`127.0.0.1:${port}`, process), bearerUrl: `127.0.0.1:${bearerPort}` };
}
