/**
 * The versions of 3,000,000 flights anew, from the archive and beside those that are served: how long until they are ready, beside
 * DuckDB alone over the same Parquet and the landing of as many cells alone.
 */
import { Agent } from 'node:http';
import { Child, median } from './child';
import { call } from './http';
import { sleep } from './probing';
import type { Report } from './report';

interface Alone {
  readonly product: string;
  readonly cells: number;
  /** Milliseconds of each round. */
  readonly duck: number[];
  /** Milliseconds to land all cells. */
  readonly landing: number;
}

/** Needs the data that `benchScale` leaves. */
export async function benchRebuild(directory: string, report: Report): Promise<void> {
  const child = await Child.start('batch', [`${directory}/scale/lake`, `${directory}/rebuild`]);
  const alone = child.ready.results as Alone[];
  await child.stop();
  const tenon = await Child.start('up', [`${directory}/scale`]);
  const url = tenon.ready.url as string;
  const agent = new Agent({ keepAlive: true });
  try {
    for (const { product, cells, duck, landing } of alone) {
      const [began, spent] = [performance.now(), tenon.cpu()];
      const answer = await call(agent, `${url}/v1/products/${product}/reprocess`, '');
      const { version } = JSON.parse(answer) as { version: number };
      await untilReady(agent, url, product, version);
      const [ms, cpu] = [performance.now() - began, 1000 * (tenon.cpu() - spent)];
      const bound = 1.5 * median(duck) + landing;
      report.bound(
        `${product} anew from 3,000,000 events of the archive, until it is ready`,
        `${ms.toFixed(0)} ms`,
        '1.5 times of DuckDB alone, plus landing',
        ms <= bound,
        `${cells.toLocaleString('en-US')} cells; DuckDB alone ${median(duck).toFixed(0)} ms, landing alone ${landing.toFixed(0)} ms, so at most ${bound.toFixed(0)} ms; ${(ms / bound).toFixed(2)} times that, with ${cpu.toFixed(0)} ms of CPU`,
      );
      await call(agent, `${url}/v1/products/${product}/cancel`, '');
    }
  } finally {
    agent.destroy();
    await tenon.stop();
  }
}

async function untilReady(agent: Agent, url: string, product: string, version: number): Promise<void> {
  for (;;) {
    const { versions } = JSON.parse(await call(agent, `${url}/v1/products/${product}`)) as {
      versions: readonly { readonly version: number; readonly state: string }[];
    };
    if (versions.some((one) => one.version === version && one.state === 'ready')) return;
    await sleep(20);
  }
}
