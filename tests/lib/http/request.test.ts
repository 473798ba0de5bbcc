import { describe, expect, it } from 'vitest';
import { readRequest } from '../../../lib/http/request.ts';

const cookiesOf = (event: object) => ({ ...readRequest(event).cookies });

describe('the cookies of a request', () => {
  it('are those of the list, the first of two of one name', () => {
    expect(cookiesOf({ cookies: ['a=1', ' b=x=y ', 'a=2', '__proto__=3', 'c='] })).toEqual({
      a: '1',
      b: 'x=y',
      ['__proto__']: '3',
      c: '',
    });
  });

  it('are those of the header where there is no list', () => {
    expect(cookiesOf({ headers: { cookie: 'a=1; b=2;c=3' } })).toEqual({ a: '1', b: '2', c: '3' });
  });

  it.each(['', 'a', '=1', ' =1', 'a =1', 'a\tb=1', 'a=1\n2', 'a=\n1', 7, null, ['a=1'], { a: 1 }])(
    'do not include %j',
    (pair) => {
      expect(cookiesOf({ cookies: [pair] })).toEqual({});
    },
  );
});

describe('the headers of a request', () => {
  it('count by their lower-case names, as API Gateway writes them', () => {
    const { headers } = readRequest({ headers: { Authorization: 'Bearer a', origin: 'b' } });
    expect(headers['authorization']).toBeUndefined();
    expect(headers['origin']).toBe('b');
  });

  it.each([[['a', 'b']], [{ a: 1 }], [7], [null]])('are texts, and %j is absent', (value) => {
    expect(readRequest({ headers: { origin: value } }).headers['origin']).toBeUndefined();
  });

  it('are absent where another gateway sends multiValueHeaders alone', () => {
    expect({ ...readRequest({ multiValueHeaders: { origin: ['a'] } }).headers }).toEqual({});
  });
});
