import { describe, expect, it } from 'vitest';
import { readAnswer } from '../../../lib/wecom/answer.ts';
import { errcodeEntry, errcodes } from '../../../lib/wecom/errcodes.ts';
import {
  isGroupNotShown,
  isMemberNotShown,
  WecomErrcode,
  WecomTransportError,
} from '../../../lib/wecom/errors.ts';

const read = (text: string, secrets: string[] = []) => readAnswer('user/get', text, secrets);

/** What is shown of an errmsg after a request with this secret. */
async function shown(errmsg: string, secret = 'ABCDEFGHIJKLMNOP'): Promise<string> {
  const error = await read(JSON.stringify({ errcode: 40029, errmsg }), [secret]).catch(
    (thrown: unknown) => thrown,
  );
  return (error as WecomErrcode).errmsg;
}

describe('an answer', () => {
  it.each(['{"errcode":0,"a":1}', '{"errcode":"0","a":1}', '{"a":1}'])(
    'is a success if the errcode is 0 or absent: %s',
    async (text) => expect(await read(text)).toMatchObject({ a: 1 }),
  );

  it.each([
    ['-1', -1],
    ['"-1"', -1],
    ['"60011"', 60011],
    ['123456789', 123456789],
  ])('with the errcode %s is that error', async (written, errcode) => {
    await expect(read(`{"errcode":${written}}`)).rejects.toMatchObject({ errcode });
  });

  it.each(
    ['""', '" 0"', '"0 "', '"x0"', '"0x"', '"+0"', '"--1"', '"0.0"', '"1234567890"'].concat([
      'null',
      'true',
      'false',
      '[]',
      '[0]',
      '{}',
      '0.5',
      '1e999',
      '1234567890',
      '-2535875937190252',
    ]),
  )('with the errcode %s is neither a success nor an errcode', async (errcode) => {
    await expect(read(`{"errcode":${errcode}}`)).rejects.toMatchObject({
      code: 'ERR_WECOM_BAD_BODY',
      details: { api: 'user/get' },
    });
  });

  it.each(['', '{', '<html>', '5', '"x"', 'true', 'null', '[]', '[{"errcode":0}]'])(
    'that is not a JSON object is a bad body: %s',
    async (text) => {
      await expect(read(text)).rejects.toMatchObject({
        code: 'ERR_WECOM_BAD_BODY',
        details: { api: 'user/get' },
      });
    },
  );

  it('that is not JSON is described by its length, never by its text', async () => {
    const error = await read('CANARY').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ details: { api: 'user/get', characters: 6 } });
    expect(JSON.stringify([error, String(error)])).not.toContain('CANARY');
  });
});

describe('an errmsg', () => {
  it('loses a secret of six characters, and keeps one of five', async () => {
    expect(await shown('bad token: abcdef', 'abcdef')).toBe('bad token: …');
    expect(await shown('bad token: token', 'token')).toBe('bad token: token');
  });

  it('loses a piece of eight characters of a secret, and keeps one of seven', async () => {
    expect(await shown('near "CDEFGHIJ"')).toBe('near "…"');
    expect(await shown('near "CDEFGHI"')).toBe('near "CDEFGHI"');
    expect(await shown('near "CD%45FG"')).toBe('near "CD%45FG"');
  });

  it('keeps a word that is not a piece of a secret, also if it cannot be decoded', async () => {
    expect(await shown('near "100%ABCDEFGH%zz"')).toBe('near "100%ABCDEFGH%zz"');
  });

  it('shows our IP with and without a blank before it', async () => {
    for (const from of ['from ip: 203.0.113.9', 'from ip:203.0.113.9', 'From IP:203.0.113.9']) {
      const error = new WecomErrcode('user/get', 60020, `no, ${from}`, errcodeEntry(60020));
      expect(error.details).toMatchObject({ fromIp: '203.0.113.9' });
    }
  });
});

describe('the errcodes', () => {
  const those = (is: (error: unknown) => boolean) =>
    errcodes()
      .filter((entry) => is(new WecomErrcode('x', entry.errcode, '', entry)))
      .map(({ errcode }) => errcode);

  it('of isMemberNotShown are these and no others', () => {
    expect(those(isMemberNotShown)).toEqual([40003, 50002, 60011, 60021, 60030, 60111, 60120]);
  });

  it('of isGroupNotShown are these and no others', () => {
    expect(those(isGroupNotShown)).toEqual([40068, 60003, 60011, 60123, 81011]);
  });

  it('of both are no unknown errcode and no other error', () => {
    const unknown = new WecomErrcode('x', 123456, '', errcodeEntry(123456));
    for (const error of [new WecomTransportError('x'), { entry: errcodeEntry(60111) }, unknown]) {
      expect(isMemberNotShown(error) || isGroupNotShown(error)).toBe(false);
    }
  });

  it.each([
    [40029, true],
    [40014, true],
    [60111, true],
    [123456, true],
    [-1, false],
    [45009, false],
    [60020, false],
    [48002, false],
  ])('%i refuses the visitor: %s', (errcode, refuses) => {
    const error = new WecomErrcode('x', errcode, '', errcodeEntry(errcode));
    expect(error.refusesVisitor).toBe(refuses);
  });
});

describe('a request without an answer', () => {
  it('may have arrived unless the error says otherwise', () => {
    expect(new WecomTransportError('x')).toMatchObject({
      connectionBroke: false,
      mayHaveArrived: true,
    });
  });
});
