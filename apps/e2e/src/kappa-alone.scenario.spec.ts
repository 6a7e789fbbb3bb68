/** Products in Kappa alone: no batch runs, nobody misses it, and what is behind a cut lies in the base view and not in speed; with an archive or none. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Host, ServiceName } from '@tenon/composition';
import { SERVICES, startHost } from '@tenon/composition';
import { createLogger, readSettings } from '@tenon/runtime';
import { Tenon } from './tenon';
import { SalesWorld } from './topologies/sales-world';

class WithoutBatch extends Tenon {
  private without: Host | null = null;

  constructor(private readonly services: readonly ServiceName[]) {
    super();
  }

  override get url(): string {
    return (this.without as Host).url;
  }

  override async start(): Promise<void> {
    const catalog = { TENON_CATALOG: join(this.directory, 'catalog') };
    this.without = await startHost({
      services: this.services,
      supervised: true,
      settings: readSettings({ ...catalog, TENON_PORT: '0', TENON_CUT_EVERY: 'off' }),
      data: join(this.directory, 'data'),
      logger: createLogger({ level: 'silent', name: 'tenon' }),
    });
  }

  override async restart(): Promise<void> {
    await this.without?.stop();
    await this.start();
  }

  override async stop(): Promise<void> {
    await this.without?.stop();
    await super.stop();
  }
}

const WITHOUT = SERVICES.filter((name) => name !== 'batch');

test.each([
  ['any archive', WITHOUT],
  ['batch, with an archive', [...WITHOUT, 'archive'] as const],
])(
  'without %s: cuts fold what speed has, a restart begins behind them, and nobody misses a service',
  async (_, without) => {
    const world = new SalesWorld(new WithoutBatch(without));
    const { tenon } = world;
    world.declare('kappa');
    await tenon.start();
    try {
      for (let cut = 0; cut < 5; cut += 1) {
        await world.send(100);
        await world.underLoad(() => tenon.cut());
      }
      await tenon.cut();
      // All is before the cut: base has it, and speed nothing.
      const of = async (layer: string) => (await tenon.rows('by_shop', { layer })).rows.length;
      expect([await of('batch'), await of('speed')]).toEqual([7, 0]);
      await tenon.restart();
      await world.underLoad(() => tenon.cut());
      const { body } = await tenon.call('/v1/status');
      const services = body['services'] as { name: string; ready: boolean }[];
      expect(services.map(({ name }) => name).sort()).toEqual([...without].sort());
      expect(services.every(({ ready }) => ready)).toBe(true);
      expect((body['warnings'] as { code: string }[]).map(({ code }) => code)).toEqual([]);
      expect(existsSync(join(tenon.directory, 'data/lake/archive'))).toBe(without.length > WITHOUT.length);
    } finally {
      await tenon.stop();
    }
  },
  60_000,
);
