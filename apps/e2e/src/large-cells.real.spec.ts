import { uniqueName } from '@tenon/testing';
import { playLargeCells } from './large-cells';
import { describeOnServers, serverSettings } from './real/servers';
import { Tenon } from './tenon';

jest.setTimeout(120_000);

describeOnServers('Large cells on servers', () => {
  let tenon: Tenon | undefined;
  afterAll(() => tenon?.stop());

  test('12 texts of 300 KB in one cell, and as keys', () => {
    const source = uniqueName('ev').replaceAll('-', '_');
    tenon = new Tenon(serverSettings(source));
    return playLargeCells(tenon, source);
  });
});
