import { playLargeCells } from './large-cells';
import { Tenon } from './tenon';

jest.setTimeout(120_000);

const tenon = new Tenon();
afterAll(() => tenon.stop());

test('12 texts of 300 KB in one cell, and as keys', () => playLargeCells(tenon));
