import { HEADERS, identityText } from '@tenon/contracts';
import type { LogRecord } from '@tenon/ports';
import { letterRecord, lettersOf } from './dead-letters';
import { LivePartition } from './partition';
import { readRound } from './records';

function record(offset: number, id: string, data: string): LogRecord {
  const headers: Record<string, string> = {
    [HEADERS.identity]: identityText('/shop', id, data.padStart(8, '0')),
    [HEADERS.correlationId]: `c-${offset}`,
  };
  return {
    offset,
    timestamp: 0,
    key: null,
    value: Buffer.from(JSON.stringify({ id, source: '/shop', data })),
    header: (name) => headers[name],
    headerBytes: (name) => (headers[name] === undefined ? undefined : Buffer.from(headers[name])),
    headers: () => headers,
  };
}

describe('a dead letter', () => {
  it('of two events under one id holds the second whole, with its reason and place', () => {
    const state = new LivePartition({ source: 's', partition: 2 }, { epoch: 0, start: 0 }, 100, []);
    const { events, conflicts, counts } = readRound(state, [record(0, 'a', '1'), record(1, 'a', '2')], 0);
    expect(events).toHaveLength(1);
    expect(counts).toMatchObject({ deadLettered: 1, duplicate: 0 });
    const [letter] = conflicts.map(letterRecord);
    expect(JSON.parse(Buffer.from(letter?.value as Uint8Array).toString())).toMatchObject({ data: '2' });
    expect(letter).toMatchObject({
      key: '2/1',
      headers: {
        correlationid: 'c-1',
        'tenon-reason': 'id-conflict',
        'tenon-detail':
          'an event with the id "a" and the source "/shop" and other data stands before it in its partition',
        'tenon-partition': '2',
        'tenon-offset': '1',
      },
    });
  });

  it('of what the engine refused is found by its place', () => {
    const events = [0, 1, 2].map((offset) => ({
      partition: 1,
      record: record(offset, `e${offset}`, String(offset)),
    }));
    const reason = { partition: 1, offset: 2, code: 'poison', detail: 'x'.repeat(5000) };
    const [letter] = lettersOf([reason], events).map(letterRecord);
    expect(JSON.parse(Buffer.from(letter?.value as Uint8Array).toString())).toMatchObject({ data: '2' });
    expect(letter?.headers?.['tenon-detail']).toHaveLength(1000);
  });
});
