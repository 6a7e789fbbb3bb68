/** What readers of a product will notice once its name answers by another definition. */
import type { Plan } from '@tenon/domain';
import type { Notice } from './verdict';

type Columns = Plan['columns'];
type Column = Columns[number];

/** @param was what the name answers with */
export function readersNotice(was: Plan, is: Plan): Notice[] {
  return [...columnNotices(was.columns, is.columns), ...keyNotices(was, is), ...windowNotices(was, is)];
}

function columnNotices(was: Columns, is: Columns): Notice[] {
  const [before, after] = [named(was), named(is)];
  const lost = was.filter(({ name }) => !after.has(name));
  const added = is.filter(({ name }) => !before.has(name));
  const renamed = new Map<Column, Column>();
  for (const column of lost) {
    const to = added.find((one) => isLike(column, one, was.indexOf(column) === is.indexOf(one)));
    if (to !== undefined && ![...renamed.values()].includes(to)) renamed.set(column, to);
  }
  return [
    ...lost.map((column): Notice => {
      const to = renamed.get(column);
      return to === undefined
        ? { code: 'column-gone', message: `The column ${column.name} is gone.`, hint: ASK, breaking: true }
        : {
            code: 'column-renamed',
            message: `The column ${column.name} is gone; ${to.name}, of the same type, stands in its place.`,
            hint: `${ASK} Or keep the name with AS ${column.name}.`,
            breaking: true,
          };
    }),
    ...is.flatMap(({ name, type }): Notice[] => {
      const column = before.get(name);
      if (column === undefined || column.type === type) return [];
      const message = `The column ${name} is ${type}; it was ${column.type}.`;
      return [
        { code: 'column-retyped', message, hint: 'JSON may write its values otherwise.', breaking: true },
      ];
    }),
    ...added
      .filter((column) => ![...renamed.values()].includes(column))
      .map(({ name, type }) => ({
        code: 'column-new',
        message: `There is a column ${name} (${type}).`,
        breaking: false,
      })),
  ];
}

const ASK = 'Readers that ask for it, or filter by it, must change with the promote.';

const named = (columns: Columns) => new Map(columns.map((column) => [column.name, column]));

/** One name for another: the SELECT has a column of the same kind where the other one stood. */
const isLike = (a: Column, b: Column, samePlace: boolean) =>
  samePlace && a.type === b.type && a.role === b.role;

const keysOf = ({ columns }: Plan) => columns.filter(({ role }) => role === 'key').map(({ name }) => name);

function keyNotices(was: Plan, is: Plan): Notice[] {
  const [before, after] = [keysOf(was), keysOf(is)];
  const changed = [...before].sort().join() !== [...after].sort().join() || was.key.length !== is.key.length;
  if (!changed) return [];
  const list = (names: readonly string[]) => names.join(', ') || 'none';
  return [
    {
      code: 'keys-changed',
      message: `A row stands for ${list(after)}; it stood for ${list(before)}.`,
      hint: 'There are other rows, and the values of `_cell` are others.',
      breaking: true,
    },
  ];
}

function windowNotices({ window: was }: Plan, { window: is }: Plan): Notice[] {
  const same = was === null || is === null ? was === is : shapeText(was) === shapeText(is);
  if (same) return [];
  const message =
    is === null
      ? 'Rows are totals without a window: from and to mean nothing any more.'
      : was === null
        ? `Rows have windows (${is.column}); they were totals.`
        : 'Windows are of another length, begin elsewhere or in another time zone, or another column holds their start.';
  return [{ code: 'window-changed', message, hint: 'from and to ask for other rows.', breaking: true }];
}

/** Whatever a window is made of. */
const shapeText = (window: object): string =>
  JSON.stringify(Object.entries(window).sort(([a], [b]) => (a < b ? -1 : 1)));
