import { playFullCells, playLargeCells } from './large-cells';
import { Tenon } from './tenon';
let tenon: Tenon;
beforeEach(() => void (tenon = new Tenon()));
afterEach(() => tenon.stop());

test('12 texts of 300 KB in one cell, and as keys', () => playLargeCells(tenon));
test('eight sets of a cell, each as full as it may be, and one text fuller', () => playFullCells(tenon));
