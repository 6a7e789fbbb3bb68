/** nats-server: built by Go from a pinned version, else the one on PATH, else Debian's, unpacked into the cache. */
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { installed } from '../installed';
import type { Part } from '../part';
import { run, start, which } from '../programs';

const VERSION = 'v2.15.2';

export const nats: Part = {
  title: `nats-server ${VERSION}`,

  install(cache, say) {
    return installed(cache, `nats-server-${VERSION}`, async (folder) => {
      const go = which('go');
      const found = which('nats-server');
      if (go !== undefined) {
        say(`building nats-server ${VERSION} with Go (half a minute, once)`);
        await run(go, ['install', `github.com/nats-io/nats-server/v2@${VERSION}`], {
          env: { GOBIN: folder, GOFLAGS: '-modcacherw' },
        });
      } else if (found !== undefined) {
        say(`no Go here: taking ${found}`);
        copyFileSync(found, join(folder, 'nats-server'));
      } else if (which('apt-get') !== undefined && which('dpkg-deb') !== undefined) {
        say("no Go here: unpacking Debian's nats-server");
        await unpackDebianPackage(folder);
      } else {
        throw new Error('nats-server needs Go, a nats-server on PATH, or apt-get.');
      }
    });
  },

  async start(program, { directory, logFile, port }) {
    mkdirSync(directory, { recursive: true });
    // JetStream is for streams that others write; Tenon's own messages need none.
    const args = ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', join(directory, 'jetstream')];
    return {
      url: `nats://127.0.0.1:${port}`,
      processes: [start(join(program, 'nats-server'), args, logFile, { cwd: directory })],
    };
  },

  async check(url) {
    const connection = await connect({ servers: url.split(','), reconnect: false, timeout: 2_000 });
    try {
      await connection.flush();
    } finally {
      await connection.close();
    }
  },
};

async function unpackDebianPackage(folder: string): Promise<void> {
  const download = () => run('apt-get', ['download', 'nats-server'], { cwd: folder });
  await download().catch(async () => {
    await run('apt-get', ['update']);
    await download();
  });
  const file = readdirSync(folder).find((name) => name.endsWith('.deb'));
  if (file === undefined) throw new Error('apt-get download left no package.');
  await run('dpkg-deb', ['-x', file, 'root'], { cwd: folder });
  const programs = ['usr/sbin', 'usr/bin'].map((path) => join(folder, 'root', path, 'nats-server'));
  const program = programs.find((path) => existsSync(path));
  if (program === undefined) throw new Error("Debian's package holds no nats-server.");
  copyFileSync(program, join(folder, 'nats-server'));
}
