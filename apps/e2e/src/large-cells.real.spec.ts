import { uniqueName } from '@tenon/testing';
import { playFullCells, playLargeCells } from './large-cells';
import { describeOnServers, serverSettings } from './real/servers';
import { Tenon } from './tenon';
describeOnServers('Large cells on servers', () => {
  let tenon: Tenon | undefined;
  afterEach(() => tenon?.stop());

  test.each([
    ['12 texts of 300 KB in one cell, and as keys', playLargeCells],
    ['eight sets of a cell, each as full as it may be, and one text fuller', playFullCells],
  ])('%s', (_, play) => {
    const source = uniqueName('ev').replaceAll('-', '_');
    tenon = new Tenon(serverSettings(source));
    return play(tenon, source);
  });
});
