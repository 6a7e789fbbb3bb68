import { storedRecord } from '@tenon/testing';
import { ListingEngine } from '../testing/memory-lake';
import { SOURCE, order } from '../testing/orders';
import { OpenFile } from './open-file';

function begin() {
  const engine = new ListingEngine();
  const file = new OpenFile(engine.asEngine(), SOURCE, 1, { epoch: 3, from: 10 });
  const keep = (offset: number) => {
    file.judge.event(offset, undefined);
    file.keep(storedRecord(order(`${offset}`), offset), 'event');
  };
  return { engine, file, keep };
}

describe('the file that a partition’s records go into', () => {
  it('begins where the archive ends, and is read from the dedupe window before', () => {
    const { file } = begin();
    expect(file).toMatchObject({ from: 10, records: 0, bytes: 0, place: 'orders, partition 1' });
    expect(file.judge).toMatchObject({ next: 10, readFrom: 6, cursor: { epoch: 3 } });
  });

  it('counts what it holds, handed to the engine or not; the bytes too', async () => {
    const { engine, file, keep } = begin();
    for (const offset of [10, 11, 12]) keep(offset);
    const { bytes } = file;
    expect(bytes).toBeGreaterThan(3 * 200);
    await file.add();
    keep(13);
    expect(file).toMatchObject({ records: 4, waiting: 1 });
    expect(file.bytes).toBeGreaterThan(bytes);
    expect(engine.added).toEqual([3]);
  });

  it('ends with all of it, in order, and the next one begins behind it with nothing', async () => {
    const { engine, file, keep } = begin();
    keep(10);
    await file.add();
    keep(11);
    await file.finish('/a');
    expect(file).toMatchObject({ from: 12, records: 0, waiting: 0, bytes: 0 });
    keep(12);
    await file.finish('/b');
    expect([...engine.files]).toEqual([
      ['/a', ['10 event', '11 event']],
      ['/b', ['12 event']],
    ]);
  });

  it('that is discarded is none, and the engine need not keep what it has of it', async () => {
    const { engine, file, keep } = begin();
    await file.discard();
    expect(engine.discarded).toBe(0);
    keep(10);
    await file.add();
    await file.discard();
    expect(engine.discarded).toBe(1);
    expect(engine.files.size).toBe(0);
  });
});
