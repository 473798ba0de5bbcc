import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from '../../../lib/wecom/json.ts';

describe('the JSON of an answer', () => {
  it.each(Array.from({ length: 0x20 }, (_, unit) => String.fromCharCode(unit)))(
    'may hold the raw control character %j inside a text',
    (control) => {
      const json = `{"userid":"li","name":"${control}李${control}\\"四\\\\${control}","department":[1]}`;
      expect(parseJson(json)).toEqual({
        userid: 'li',
        name: `${control}李${control}"四\\${control}`,
        department: [1],
      });
    },
  );

  it('keeps a control character in a userid, which would be another userid without it', () => {
    expect(parseJson('{"userid":"zhang\bsan"}')).toEqual({ userid: 'zhang\bsan' });
  });

  it('may begin with a byte order mark', () => {
    expect(parseJson('\uFEFF{"errcode":0}')).toEqual({ errcode: 0 });
  });

  it.each(['', '{', '{"name":"a', '{"name":"\\', '{\b"name":"a"}', 'null\u0000', '<html>'])(
    'is refused if it is not JSON otherwise: %j',
    (text) => {
      expect(() => parseJson(text)).toThrow(SyntaxError);
    },
  );

  it('is read as by JSON.parse if JSON.parse can read it', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(parseJson(json)).toEqual(JSON.parse(json));
      }),
    );
  });

  it('may hold any texts with raw control characters', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '"', '\\', '\n', '\b', '\u0000', '李') });
    const rawly = (value: string) => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
    fc.assert(
      fc.property(fc.array(text), (texts) => {
        expect(parseJson(`[${texts.map((each) => `"${rawly(each)}"`).join(',\n\t')}]`)).toEqual(
          texts,
        );
      }),
    );
  });
});
