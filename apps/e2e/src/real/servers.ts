/** The servers that suites of the kind `real` need: taken from the environment, or the suite is skipped and says so. */
const SERVERS = ['TENON_KAFKA_BROKERS', 'TENON_NATS_URL', 'TENON_MONGODB_URL'] as const;

/** Why servers can't be had; '' where they can. */
export function lacking(): string {
  const missing = SERVERS.filter((name) => !process.env[name]);
  return missing.length === 0 ? '' : ` (skipped: ${missing.join(', ')} not set; npm run test:real sets them)`;
}

/** `describe`, skipped with the reason where servers are missing. */
export function describeOnServers(title: string, suite: () => void): void {
  (lacking() === '' ? describe : describe.skip)(title + lacking(), suite);
}

/**
 * Settings that name the servers. Topics are of all that use them: the names of sources and products must be nobody else's.
 *
 * @param database in MongoDB, of one's own
 */
export function serverSettings(database: string): Record<string, string> {
  const mongodb = new URL(process.env['TENON_MONGODB_URL'] as string);
  mongodb.pathname = `/${database}`;
  return {
    ...Object.fromEntries(SERVERS.map((name) => [name, process.env[name] as string])),
    TENON_MONGODB_URL: mongodb.href,
  };
}
