/** Connecting, and saying plainly what is wrong with a server that cannot do what Tenon needs. */
import * as os from 'node:os';
import { MongoClient, MongoServerSelectionError } from 'mongodb';
import { TenonError, Unavailable } from '@tenon/errors';
import { APP_NAME } from './abandoned';

const HINT =
  'Start mongod with --replSet rs0 and run rs.initiate() once; one member is enough. Then add ?replicaSet=rs0 to TENON_MONGODB_URL.';

/** Without it the driver imports this at run time, which neither Jest nor every bundler takes. */
export const RUNTIME = { runtimeAdapters: { os } };

export interface MongoTls {
  readonly caFile?: string;
  readonly certFile?: string;
}

const tlsOptions = ({ caFile, certFile }: MongoTls) => ({
  ...((caFile !== undefined || certFile !== undefined) && { tls: true }),
  ...(caFile !== undefined && { tlsCAFile: caFile }),
  ...(certFile !== undefined && { tlsCertificateKeyFile: certFile }),
});

/** @returns a connected client @throws TenonError `store-no-replica-set`, `invalid-url`, Unavailable */
export async function connect(url: string, security: MongoTls = {}): Promise<MongoClient> {
  let client: MongoClient;
  try {
    client = new MongoClient(url, {
      appName: APP_NAME,
      serverSelectionTimeoutMS: 5_000,
      connectTimeoutMS: 5_000,
      // Longer than any transaction may take; a half-open connection would otherwise hang for ever.
      socketTimeoutMS: 90_000,
      readPreference: 'primary',
      ...tlsOptions(security),
      ...RUNTIME,
    });
  } catch (error) {
    throw new TenonError('invalid-url', `TENON_MONGODB_URL: ${(error as Error).message}`, { cause: error });
  }
  try {
    await client.connect();
    const hello = await client.db('admin').command({ hello: 1 });
    const problem = problemOf(hello);
    if (problem !== null) throw noReplicaSet(client, problem);
    return client;
  } catch (error) {
    await client.close().catch(() => undefined);
    throw await explain(client, url, security, error);
  }
}

/** @param hello the answer to the command; what is wrong with the server, or null */
export function problemOf(hello: Record<string, unknown>): string | null {
  if (typeof hello['setName'] === 'string' || hello['msg'] === 'isdbgrid') return null;
  return hello['isreplicaset'] === true
    ? 'is a member of a replica set that was never initiated'
    : 'is a standalone server, not a replica set';
}

const hostsOf = (client: MongoClient) => client.options.hosts.map(String).join(',');

const noReplicaSet = (client: MongoClient, problem: string) =>
  new TenonError(
    'store-no-replica-set',
    `MongoDB at ${hostsOf(client)} ${problem}: it has no transactions, which Tenon lands its states with.`,
    { hint: HINT },
  );

/** With `replicaSet` in the URL the driver only ever says that it found no server: so one is asked directly. */
async function explain(
  client: MongoClient,
  url: string,
  security: MongoTls,
  error: unknown,
): Promise<unknown> {
  if (error instanceof TenonError) return error;
  if (error instanceof MongoServerSelectionError) {
    const direct = new URL(url);
    direct.host = direct.host.split(',')[0] as string;
    direct.searchParams.delete('replicaSet');
    direct.searchParams.set('directConnection', 'true');
    const one = new MongoClient(direct.href, {
      serverSelectionTimeoutMS: 2_000,
      ...tlsOptions(security),
      ...RUNTIME,
    });
    try {
      const hello = await one.db('admin').command({ hello: 1 });
      const problem = problemOf(hello);
      if (problem !== null) return noReplicaSet(client, problem);
      const wanted = client.options.replicaSet;
      if (wanted && hello['setName'] !== wanted) {
        return new TenonError(
          'invalid-url',
          `MongoDB at ${hostsOf(client)} is in the replica set ${hello['setName']}, TENON_MONGODB_URL says ${wanted}.`,
        );
      }
    } catch {
      // It does not answer at all, or the URL names several servers: the first error says more.
    } finally {
      await one.close().catch(() => undefined);
    }
  }
  return new Unavailable(
    `MongoDB at ${hostsOf(client)} cannot be reached: ${(error as Error).message}`,
    error,
  );
}
