const EXAMPLE = join(__dirname, '../../../catalog');

/** `tenon up` in this process, on the example catalog or another and a free port, without scheduled cuts. */
import { join } from 'node:path';
import type { Host } from '@tenon/composition';
import { SERVICES, startHost } from '@tenon/composition';
import { createLogger, readSettings } from '@tenon/runtime';

export function startUp(
  data: string,
  port = 0,
  environment: Readonly<Record<string, string>> = {},
  catalog = EXAMPLE,
  segmentBytes?: number,
): Promise<Host> {
  const settings = readSettings({
    TENON_CATALOG: catalog,
    TENON_PORT: String(port),
    TENON_CUT_EVERY: 'off',
    ...environment,
  });
  const logger = createLogger({ level: 'silent', name: 'tenon' });
  const sizes = segmentBytes !== undefined && { segmentBytes };
  return startHost({ services: SERVICES, supervised: true, settings, data, logger, environment, ...sizes });
}
