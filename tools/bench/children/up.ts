/** `tenon up` as it is, in a process of its own. */
import { runUp } from '../../../apps/tenon/src/up/index';

async function main(data: string): Promise<void> {
  const up = await runUp({ catalog: 'catalog', data, port: 0, cutEvery: null, logLevel: 'warn' });
  process.send?.({ url: up.url });
  process.once('SIGTERM', () => void up.stop().then(() => process.exit(0)));
}

void main(process.argv[2] as string);
