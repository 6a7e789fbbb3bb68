/** Kafka from its Maven artifacts: one node that is broker and controller, on 127.0.0.1. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { installed } from '../installed';
import type { Part } from '../part';
import { claimPort } from '../ports';
import { run, start, which } from '../programs';

const VERSION = '4.3.1';
const LOG4J = '2.25.3';

const POM = `<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>tenon</groupId>
  <artifactId>kafka-server</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${VERSION}</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>${VERSION}</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-core</artifactId><version>${LOG4J}</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>${LOG4J}</version></dependency>
  </dependencies>
</project>
`;

const LOGGING = `rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d %p %c{1}: %m%n
`;

/** The identity of the one-node cluster; nothing else ever joins it. */
const CLUSTER_ID = 'dGVub24tc3RhY2sta2Fma2E';

const properties = (
  directory: string,
  port: number,
  controllerPort: number,
) => `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controllerPort}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=${join(directory, 'data')}
auto.create.topics.enable=false
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
message.max.bytes=16777216
log.cleaner.dedupe.buffer.size=16777216
num.network.threads=2
num.io.threads=4
`;

export const kafka: Part = {
  title: `Kafka ${VERSION}`,

  install(cache, say) {
    return installed(cache, `kafka-${VERSION}`, async (folder) => {
      const mvn = which('mvn');
      if (mvn === undefined || which('java') === undefined) {
        throw new Error('Kafka needs Java 17 or later, and Maven to fetch it.');
      }
      say(`fetching Kafka ${VERSION} with Maven (126 MB, once)`);
      writeFileSync(join(folder, 'pom.xml'), POM);
      writeFileSync(join(folder, 'log4j2.properties'), LOGGING);
      const output = `-DoutputDirectory=${join(folder, 'libs')}`;
      await run(mvn, ['-q', '-B', 'dependency:copy-dependencies', output], { cwd: folder });
      if (!readdirSync(join(folder, 'libs')).includes(`kafka_2.13-${VERSION}.jar`)) {
        throw new Error('Maven ended well and left no Kafka.');
      }
    });
  },

  async start(program, { directory, logFile, port }) {
    const configFile = join(directory, 'kafka.properties');
    const java = [
      '-cp',
      join(program, 'libs', '*'),
      `-Dlog4j2.configurationFile=${join(program, 'log4j2.properties')}`,
    ];
    mkdirSync(directory, { recursive: true });
    if (!existsSync(configFile)) {
      const controllerPort = await claimPort(0, 'TENON_STACK_KAFKA_PORT');
      writeFileSync(configFile, properties(directory, port, controllerPort));
      await run('java', [...java, 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', configFile]);
    }
    const heap = `-Xmx${process.env['TENON_STACK_KAFKA_HEAP'] || '512m'}`;
    const args = [heap, '-XX:+UseSerialGC', ...java, 'kafka.Kafka', configFile];
    return { url: `127.0.0.1:${port}`, processes: [start('java', args, logFile, { cwd: directory })] };
  },

  async check(url) {
    const admin = new Kafka({
      brokers: url.split(','),
      logLevel: logLevel.NOTHING,
      retry: { retries: 0 },
    }).admin();
    try {
      await admin.connect();
      const { controller } = await admin.describeCluster();
      if (controller === null) throw new Error('there is no controller yet');
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  },
};
