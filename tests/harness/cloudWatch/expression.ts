/*
 * The expressions of CloudWatch that the templates use: metric math, and the filter of a query of Logs
 * Insights. Operators as in "Using metric math" (Amazon CloudWatch user guide); what is not known here
 * throws.
 */

export type Value = number | string | undefined;

/** @returns a variable's value; nothing where it has none */
export type Scope = (name: string) => Value;

const TOKEN = /\s*(>=|<=|!=|==|[-+*/()<>=,[\]]|'[^']*'|"[^"]*"|\d+(?:\.\d+)?|[A-Za-z_@]\w*)/y;

/** Evaluates an expression. Arithmetic with a missing value is missing; a comparison is 1 or 0. */
export function evaluateExpression(expression: string, scope: Scope): Value {
  const tokens = tokensOf(expression);
  let at = 0;
  const next = () => tokens[at++] ?? '';
  const accept = (...wanted: readonly string[]): string | undefined => {
    const token = tokens[at]?.toUpperCase();
    if (token === undefined || !wanted.includes(token)) return undefined;
    at += 1;
    return token;
  };
  const expect = (wanted: string) => {
    if (accept(wanted) === undefined) {
      throw new Error(`${wanted} expected at ${tokens.slice(at).join(' ')} in ${expression}`);
    }
  };

  function either(): Value {
    let value = both();
    while (accept('OR')) {
      const right = both();
      value = isTrue(value) || isTrue(right) ? 1 : 0;
    }
    return value;
  }
  function both(): Value {
    let value = negation();
    while (accept('AND')) {
      const right = negation();
      value = isTrue(value) && isTrue(right) ? 1 : 0;
    }
    return value;
  }
  function negation(): Value {
    return accept('NOT') ? Number(!isTrue(negation())) : comparison();
  }
  function comparison(): Value {
    const left = sum();
    const operator = accept('>=', '<=', '!=', '==', '=', '<', '>');
    if (operator === undefined) return left;
    const right = sum();
    if (left === undefined || right === undefined) return undefined;
    return Number(compare(operator, left, right));
  }
  function sum(): Value {
    let value = product();
    for (let sign = accept('+', '-'); sign; sign = accept('+', '-')) {
      const right = product();
      value = arithmetic(value, right, (a, b) => (sign === '+' ? a + b : a - b));
    }
    return value;
  }
  function product(): Value {
    let value = primary();
    for (let sign = accept('*', '/'); sign; sign = accept('*', '/')) {
      const right = primary();
      value = arithmetic(value, right, (a, b) => (sign === '*' ? a * b : a / b));
    }
    return value;
  }
  function primary(): Value {
    if (accept('(')) {
      const value = either();
      expect(')');
      return value;
    }
    const token = next();
    if (/^\d/.test(token)) return Number(token);
    if (/^['"]/.test(token)) return token.slice(1, -1);
    if (!/^[A-Za-z_@]/.test(token)) throw new Error(`${token} cannot begin a value: ${expression}`);
    return accept('(') ? call(token) : scope(token);
  }
  function call(name: string): Value {
    const values = [either()];
    while (accept(',')) values.push(either());
    expect(')');
    const [first, second, third] = values;
    switch (name) {
      case 'FILL':
        return first ?? second;
      case 'IF':
        return first === undefined ? undefined : isTrue(first) ? second : third;
      case 'ispresent':
        return Number(first !== undefined);
      default:
        throw new Error(`${name} is not known here`);
    }
  }

  const value = either();
  if (at < tokens.length) throw new Error(`${tokens.slice(at).join(' ')} is left: ${expression}`);
  return value;
}

function tokensOf(expression: string): string[] {
  const text = expression.trim();
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const { lastIndex } = TOKEN;
    const token = TOKEN.exec(text)?.[1];
    if (token === undefined) throw new Error(`No expression: ${text.slice(lastIndex)}`);
    tokens.push(token);
  }
  return tokens;
}

const isTrue = (value: Value) => value !== undefined && value !== 0;

function compare(operator: string, left: Value, right: Value): boolean {
  const [a, b] = [left, right] as [number, number];
  switch (operator) {
    case '>=':
      return a >= b;
    case '<=':
      return a <= b;
    case '<':
      return a < b;
    case '>':
      return a > b;
    case '!=':
      return a !== b;
    default:
      return a === b;
  }
}

function arithmetic(left: Value, right: Value, of: (a: number, b: number) => number): Value {
  return left === undefined || right === undefined ? undefined : of(Number(left), Number(right));
}
