/** Operators and functions of compiled expressions: few, and each exactly as DuckDB has it. */
import type { Ast } from '../sql/ast';
import { isAst } from '../sql/ast';
import type { Compiled } from './expression';
import { asDouble, binary, larger, ofOneType, unary } from './operands';
import type { PlainType } from './values';
import { BOOLEAN, DOUBLE, MAX_SCALE, finite, integer, roundDouble, whole } from './values';

type Compile = (node: Ast) => Compiled | null;

export function operatorOf(node: Ast, compile: Compile): Compiled | null {
  switch (node['class']) {
    case 'FUNCTION':
      return functionOf(node, compile);
    case 'COMPARISON':
      return comparisonOf(node, compile);
    case 'CONJUNCTION':
      return conjunctionOf(node, compile);
    case 'OPERATOR':
      return otherOf(node, compile);
    case 'CASE':
      return caseOf(node, compile);
    case 'CAST':
      return castOf(node, compile);
    default:
      return null;
  }
}

/** All of them, or null. */
function all(nodes: unknown, compile: Compile): readonly Compiled[] | null {
  if (!Array.isArray(nodes)) return null;
  const compiled: Compiled[] = [];
  for (const node of nodes as Ast[]) {
    const one = compile(node);
    if (one === null) return null;
    compiled.push(one);
  }
  return compiled;
}

type Work = (a: number, b: number) => number;

const ARITHMETIC: Readonly<Record<string, Work>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
};

function functionOf(node: Ast, compile: Compile): Compiled | null {
  const isPlain =
    node['filter'] === null &&
    node['distinct'] === false &&
    ['', 'main'].includes(String(node['schema'])) &&
    ((node['order_bys'] as Ast | undefined)?.['orders'] as unknown[] | undefined)?.length === 0;
  const operands = isPlain ? all(node['children'], compile) : null;
  if (operands === null) return null;
  const [a, b] = operands;
  const name = String(node['function_name']).toLowerCase();
  if (a === undefined || operands.length > 2) return null;
  if (b === undefined) return ofOne(name, a);
  if (name === '/') return quotient(a, b);
  const work = ARITHMETIC[name];
  if (work !== undefined) return arithmetic(name, work, a, b);
  if (name === 'round') return rounded(a, (node['children'] as Ast[])[1] as Ast, b);
  if (name === 'nullif') return nullIf(a, b);
  return null;
}

function ofOne(name: string, a: Compiled): Compiled | null {
  const { kind } = a.type;
  if (name === '-' && kind === 'integer' && a.type.size !== 'small')
    return unary(a.type, a, (value) => whole(-value));
  if (name === 'abs' && kind === 'double') return unary(DOUBLE, a, Math.abs);
  if (name === '-' && kind === 'double') return unary(DOUBLE, a, (value) => -value);
  if (name === 'floor' && kind === 'double') return unary(DOUBLE, a, Math.floor);
  if (name === 'ceil' && kind === 'double') return unary(DOUBLE, a, Math.ceil);
  if (name === 'round' && kind === 'double') return unary(DOUBLE, a, (value) => roundDouble(value, 0));
  return null;
}

/** Both become doubles first, whatever they are. */
function quotient(a: Compiled, b: Compiled): Compiled | null {
  const [first, second] = [asDouble(a), asDouble(b)];
  return first && second && binary(DOUBLE, first, second, (x, y) => finite(x / y));
}

function arithmetic(name: string, work: Work, a: Compiled, b: Compiled): Compiled | null {
  const [left, right] = [a.type, b.type];
  if (left.kind === 'double' || right.kind === 'double') {
    const [first, second] = [asDouble(a), asDouble(b)];
    return first && second && binary(DOUBLE, first, second, (x, y) => finite(work(x, y)));
  }
  if (left.kind === 'integer' && right.kind === 'integer')
    return left.size === 'small' && right.size === 'small'
      ? null
      : binary(integer(larger([left, right])), a, b, (x, y) => whole(work(x, y)));
  const scale = scaleOf(left) + scaleOf(right);
  if (name === '*' && scale <= MAX_SCALE)
    return binary({ kind: 'decimal', scale }, a, b, (x, y) => whole(x * y));
  return null;
}

const scaleOf = (type: PlainType): number =>
  type.kind === 'decimal' ? type.scale : type.kind === 'integer' ? 0 : NaN;

/** Only of doubles, and to a constant number of places. */
function rounded(a: Compiled, node: Ast, places: Compiled): Compiled | null {
  if (a.type.kind !== 'double' || node['class'] !== 'CONSTANT' || places.type.kind !== 'integer') return null;
  const count = places.value({ key: [], values: [] });
  if (typeof count !== 'number' || count < 0 || count > 15) return null;
  return unary(DOUBLE, a, (value) => roundDouble(value, count));
}

type Compare = (a: number, b: number) => boolean;

const COMPARISONS: Readonly<Record<string, Compare>> = {
  COMPARE_EQUAL: (a, b) => a === b,
  COMPARE_NOTEQUAL: (a, b) => a !== b,
  COMPARE_LESSTHAN: (a, b) => a < b,
  COMPARE_LESSTHANOREQUALTO: (a, b) => a <= b,
  COMPARE_GREATERTHAN: (a, b) => a > b,
  COMPARE_GREATERTHANOREQUALTO: (a, b) => a >= b,
};

function compared(compare: Compare, a: Compiled, b: Compiled): Compiled | null {
  const [left, right] = [a.type.kind, b.type.kind];
  if (left === 'double' || right === 'double') {
    const [first, second] = [asDouble(a), asDouble(b)];
    return first && second && binary(BOOLEAN, first, second, compare);
  }
  return left === 'integer' && right === 'integer' ? binary(BOOLEAN, a, b, compare) : null;
}

function comparisonOf(node: Ast, compile: Compile): Compiled | null {
  const compare = COMPARISONS[String(node['type'])];
  const operands = all([node['left'], node['right']], compile);
  return compare === undefined || operands === null
    ? null
    : compared(compare, operands[0] as Compiled, operands[1] as Compiled);
}

function nullIf(a: Compiled, b: Compiled): Compiled | null {
  const equal = a.type.kind === b.type.kind ? compared((x, y) => x === y, a, b) : null;
  if (equal === null) return null;
  return { type: a.type, value: (cell) => (equal.value(cell) === true ? null : a.value(cell)) };
}

/** As SQL has it: what decides, decides, whatever is unknown. */
function conjunctionOf(node: Ast, compile: Compile): Compiled | null {
  const operands = all(node['children'], compile);
  if (operands === null || operands.some(({ type }) => type.kind !== 'boolean')) return null;
  const decides = node['type'] === 'CONJUNCTION_OR';
  if (!decides && node['type'] !== 'CONJUNCTION_AND') return null;
  return {
    type: BOOLEAN,
    value: (cell) => {
      let known: boolean | null = !decides;
      // All of them are asked, so that what the engine has to decide is never passed over.
      for (const { value } of operands) {
        const found = value(cell);
        if (found === decides) known = decides;
        else if (found === null && known !== decides) known = null;
      }
      return known;
    },
  };
}

function otherOf(node: Ast, compile: Compile): Compiled | null {
  const operands = all(node['children'], compile);
  const [a] = operands ?? [];
  if (operands === null || a === undefined) return null;
  switch (node['type']) {
    case 'OPERATOR_IS_NULL':
      return { type: BOOLEAN, value: (cell) => a.value(cell) === null };
    case 'OPERATOR_IS_NOT_NULL':
      return { type: BOOLEAN, value: (cell) => a.value(cell) !== null };
    case 'OPERATOR_NOT':
      return a.type.kind === 'boolean'
        ? { type: BOOLEAN, value: (cell) => ((found) => (found === null ? null : !found))(a.value(cell)) }
        : null;
    case 'OPERATOR_COALESCE': {
      const alike = ofOneType(operands);
      if (alike === null) return null;
      return {
        type: alike.type,
        value: (cell) => {
          for (const { value } of alike.operands) {
            const found = value(cell);
            if (found !== null) return found;
          }
          return null;
        },
      };
    }
    default:
      return null;
  }
}

function caseOf(node: Ast, compile: Compile): Compiled | null {
  const checks = node['case_checks'] as Ast[] | undefined;
  if (checks === undefined || !isAst(node['else_expr'])) return null;
  const whens = all(
    checks.map((check) => check['when_expr']),
    compile,
  );
  const results = all([...checks.map((check) => check['then_expr']), node['else_expr']], compile);
  if (whens === null || results === null || whens.some(({ type }) => type.kind !== 'boolean')) return null;
  const alike = ofOneType(results);
  if (alike === null) return null;
  return {
    type: alike.type,
    value: (cell) => {
      const met = whens.findIndex(({ value }) => value(cell) === true);
      return (alike.operands[met < 0 ? whens.length : met] as Compiled).value(cell);
    },
  };
}

/** To a double, or to what it is. */
function castOf(node: Ast, compile: Compile): Compiled | null {
  const { child, cast_type: to } = node;
  const operand = isAst(child) ? compile(child) : null;
  if (operand === null || !isAst(to)) return null;
  if (to['id'] === 'DOUBLE') return asDouble(operand);
  if (to['id'] === 'BOOLEAN' && operand.type.kind === 'boolean') return operand;
  return to['id'] === 'HUGEINT' && operand.type.kind === 'integer'
    ? { ...operand, type: integer('huge') }
    : null;
}
