import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeEventLogContract } from '@tenon/testing';
import { systemClock } from '../environment';
import { createFileEventLog } from './event-log';

for (const segmentBytes of [undefined, 20_000]) {
  describeEventLogContract(
    `The log in files (${segmentBytes === undefined ? 'segments as by default' : `segments of ${segmentBytes} bytes`})`,
    async () => {
      const directory = await mkdtemp(join(tmpdir(), 'tenon-log-'));
      return {
        open: async () =>
          createFileEventLog({ directory, clock: systemClock, ...(segmentBytes && { segmentBytes }) }),
        dispose: () => rm(directory, { recursive: true }),
      };
    },
    { deletesExactly: false, sharedStorage: false, rebalanceMs: 5_000 },
  );
}
