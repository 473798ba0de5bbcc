import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { InvalidRequest } from '../../../lib/errors.ts';
import type { HttpRequest } from '../../../lib/http/request.ts';
import { readJsonBody } from '../../../lib/http/signInRequest.ts';

/** Says nothing of the fields; valibot's own object leaves out `__proto__` and its like. */
const Anything = v.custom<object>(() => true);

function read(request: Partial<HttpRequest>) {
  const given = { body: '', isBase64Encoded: false, headers: {}, ...request };
  return readJsonBody(given, Anything, '缺少请求体');
}

const base64 = (body: Uint8Array | string) => ({
  body: Buffer.from(body).toString('base64'),
  isBase64Encoded: true,
});

const anyObject = fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true });

describe('a JSON body', () => {
  it('is read as JSON.parse reads it, whatever is in it', () => {
    fc.assert(
      fc.property(anyObject, fc.constantFrom(undefined, 1, '\t', '\n '), (object, space) => {
        const body = JSON.stringify(object, null, space);
        expect(read({ body })).toEqual(JSON.parse(body));
        expect(read(base64(body))).toEqual(JSON.parse(body));
      }),
    );
  });

  it.each([
    ['with a colon at its beginning', '{"a":["x",": y"]}'],
    ['with quotes and a colon in it', '{"a":"\\":\\"","b":"\\\\"}'],
    ['under a name that every object has', '{"toString":"x"}'],
  ])('may have a text %s', (_what, body) => {
    expect(read({ body })).toEqual(JSON.parse(body));
  });

  it('with one name twice is refused, at any depth and in any spelling', () => {
    fc.assert(
      fc.property(anyObject, fc.string(), fc.boolean(), (object, name, deep) => {
        const rest = JSON.stringify(object).slice(1, -1);
        const twice = `{${JSON.stringify(name)}:1 , ${escaped(name)} : 2${rest && ','}${rest}}`;
        const body = deep ? `{"a":[${twice}]}` : twice;
        expect(() => read({ body })).toThrow('请求体有重复的字段');
      }),
    );
  });

  it('changes nothing but itself', () => {
    read({ body: '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}' });
    expect({}).not.toHaveProperty('polluted');
  });

  it.each([
    ['none', undefined, '缺少请求体'],
    ['an empty one', '', '缺少请求体'],
    ['a byte order mark', '\ufeff{}', '请求体不是有效的 JSON'],
    ['half of one', '{"a":', '请求体不是有效的 JSON'],
    ['one in other quotes', "{'a':1}", '请求体不是有效的 JSON'],
    ['a text', '"a"', '请求体必须是 JSON 对象'],
    ['a number', '1e400', '请求体必须是 JSON 对象'],
    ['garbage after it', '{} {}', '请求体不是有效的 JSON'],
    ['more than 16 kB', `{"a":"${'a'.repeat(16 * 1024)}"}`, '请求体过大'],
  ])('is refused: %s', (_what, body, problem) => {
    expect(() => read({ ...(body !== undefined && { body }) })).toThrow(problem);
  });
});

describe('a longer JSON body, as the console sends', () => {
  const MAX_CHARACTERS = 4 * 1024 * 1024;
  const readLong = (body: string) =>
    readJsonBody({ body, isBase64Encoded: false, headers: {} }, Anything, 'none', MAX_CHARACTERS);

  it.each([
    ['10 000 lists', '['.repeat(10_000), ']'.repeat(10_000)],
    ['10 000 objects', '{"a":'.repeat(10_000), '}'.repeat(10_000)],
    ['a million lists', '['.repeat(1_000_000), ']'.repeat(1_000_000)],
  ])(
    'is read or refused, never an overflow of the stack, with %s in each other',
    (_what, open, close) => {
      const outcome = () => {
        try {
          return readLong(`{"a":${open}1${close}}`);
        } catch (error) {
          return error;
        }
      };
      expect([Object, InvalidRequest]).toContain(outcome()?.constructor);
    },
  );

  it('is refused with more characters than the route takes', () => {
    expect(() => readLong(`{"a":"${'a'.repeat(MAX_CHARACTERS)}"}`)).toThrow('请求体过大');
  });
});

/** Every character as \uXXXX: another spelling of the same name. */
function escaped(name: string): string {
  const units = Array.from({ length: name.length }, (_, at) => name.charCodeAt(at));
  return `"${units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')}"`;
}

describe('a body in base64', () => {
  it.each([
    ['that is not UTF-8', Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d), '请求体不是有效的 UTF-8'],
    ['with half of a surrogate pair', Uint8Array.of(0xed, 0xa0, 0x80), '请求体不是有效的 UTF-8'],
    ['that is not JSON', 'code=abc', '请求体不是有效的 JSON'],
    ['of 6 MB', 'a'.repeat(6 * 1024 * 1024), '请求体过大'],
    ['of 10 MB', 'a'.repeat(10 * 1024 * 1024), '请求体过大'],
  ])('%s is refused', (_what, body, problem) => {
    expect(() => read(base64(body))).toThrow(problem);
  });

  it.each(['!!!!', '=', '{"a":1}', '\u0000'])('that is none (%j) is refused', (body) => {
    expect(() => read({ body, isBase64Encoded: true })).toThrow(/请求体不是有效的/);
  });
});

describe('the content type', () => {
  it.each([
    undefined,
    'application/json',
    'Application/JSON; charset=utf-8',
    'application/problem+json',
  ])('%s will do', (type) => {
    expect(read({ body: '{}', headers: { ...(type && { 'content-type': type }) } })).toEqual({});
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/jsonp',
    'text/plain; application/json',
    // API Gateway joins a header that was sent twice.
    'application/json,text/plain',
  ])('%j will not: a page of another site could send it', (type) => {
    expect(() => read({ body: '{}', headers: { 'content-type': type } })).toThrow('Content-Type');
  });
});
