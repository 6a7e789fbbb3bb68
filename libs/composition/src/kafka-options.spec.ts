import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings } from '@tenon/runtime';
import { kafkaOptions } from './kafka-options';

const optionsOf = (environment: Record<string, string>) => kafkaOptions(readSettings(environment));

it('plain brokers, and nothing that they did not ask for', () => {
  expect(optionsOf({ TENON_KAFKA_BROKERS: 'a:1, b:2' })).toEqual({
    brokers: ['a:1', 'b:2'],
    group: { sessionTimeoutMs: 10_000 },
    security: {},
  });
});

it('TLS with an authority of its own, SASL, and how topics are copied', () => {
  const ca = join(mkdtempSync(join(tmpdir(), 'tenon-ca-')), 'ca.pem');
  writeFileSync(ca, 'PEM');
  const environment = {
    TENON_KAFKA_BROKERS: 'a:1',
    TENON_KAFKA_TLS: ca,
    TENON_KAFKA_SASL: 'scram-sha-512',
    TENON_KAFKA_USERNAME: 'tenon',
    TENON_KAFKA_PASSWORD: 's3cret',
    TENON_KAFKA_REPLICATION: '3',
    TENON_KAFKA_MIN_INSYNC: '2',
  };
  expect(optionsOf(environment)).toMatchObject({
    security: {
      ssl: { ca: 'PEM' },
      sasl: { mechanism: 'scram-sha-512', username: 'tenon', password: 's3cret' },
    },
    replicationFactor: 3,
    minInsyncReplicas: 2,
  });
  expect(optionsOf({ TENON_KAFKA_TLS: 'on' }).security).toEqual({ ssl: true });
});

it('a file that is not there is named', () => {
  expect(() => optionsOf({ TENON_KAFKA_TLS: '/nowhere/ca.pem' })).toThrow(/TENON_KAFKA_TLS.*nowhere/);
});
