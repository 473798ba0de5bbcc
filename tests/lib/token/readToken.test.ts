import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readToken } from '../../../lib/token/readToken.ts';
import { ACCESS_TOKEN } from '../../../lib/token/tokenKind.ts';
import type { StoredToken } from '../../../lib/token/tokenStore.ts';
import { WecomBadBody } from '../../../lib/wecom/errors.ts';
import { NOW, tokenWith } from './records.ts';

function read(answer: Record<string, unknown>, previous?: StoredToken) {
  const odd: string[] = [];
  const token = readToken(ACCESS_TOKEN, answer, NOW, previous, (reason) => odd.push(reason));
  return { token, odd };
}

function refusal(answer: Record<string, unknown>, previous?: StoredToken): WecomBadBody {
  try {
    read(answer, previous);
  } catch (error) {
    if (error instanceof WecomBadBody) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('the answer of gettoken', () => {
  it('has a token whose life is counted from before the call', () => {
    const { token, odd } = read({ access_token: 'T', expires_in: 7_200 });
    expect(token).toEqual({ value: 'T', obtainedAt: NOW, expiresAt: NOW + 7_200_000 });
    expect(odd).toEqual([]);
  });

  it('may have the digits of expires_in in a text', () => {
    const { token, odd } = read({ access_token: 'T', expires_in: '7200' });
    expect(token).toEqual({ value: 'T', obtainedAt: NOW, expiresAt: NOW + 7_200_000 });
    expect(odd).toEqual([]);
  });

  it.each([
    ['is over 7200 s and taken as 7200', 7_201, 7_200],
    ['is a year and taken as 7200', 31_536_000, 7_200],
    ['is 1e308 and taken as 7200', 1e308, 7_200],
    ['is infinite and taken as 7200', Number.POSITIVE_INFINITY, 7_200],
    ['is 599 s', 599, 599],
    ['is 10 s', 10, 10],
    ['has a fraction', 10.5, 10.5],
  ])('may have an expires_in that %s, with a reason', (_what, seconds, life) => {
    const { token, odd } = read({ access_token: 'T', expires_in: seconds });
    expect(token.expiresAt).toBe(NOW + life * 1_000);
    expect(odd).toHaveLength(1);
    expect(odd[0]).toMatch(/^expires_in is /);
  });

  it.each([
    ['zero', 0],
    ['negative', -1],
    ['-1e308', -1e308],
    ['NaN', Number.NaN],
    ['a text that is not a number', 'soon'],
    ['a text with a sign', '-7200'],
    ['a text with a fraction', '7200.5'],
    ['a text with a space', ' 7200'],
    ['an empty text', ''],
    ['a text of zero', '0'],
    ['true', true],
    ['an object', { seconds: 7_200 }],
    ['null', null],
    ['a list', [7_200]],
    ['absent', undefined],
    ['too short to be used', 9],
    ['the smallest number', Number.MIN_VALUE],
  ])('with expires_in %s is refused, with the reason', (_what, seconds) => {
    const error = refusal({ access_token: 'T', expires_in: seconds });
    expect(error.details['reason']).toMatch(/^expires_in is /);
  });

  it.each([
    ['absent', undefined],
    ['empty', ''],
    ['a number', 42],
    ['null', null],
    ['a list', ['T']],
    ['513 bytes long', 'x'.repeat(513)],
    ['with a space', 'a b'],
    ['with a line end', 'a\n'],
    ['with NUL', 'a\0'],
    ['not ASCII', '令牌'],
  ])('with an access_token that is %s is refused, with the reason', (_what, token) => {
    const error = refusal({ access_token: token, expires_in: 7_200 });
    expect(error.details['reason']).toMatch(/^access_token is /);
  });

  it('may have a token of 512 bytes', () => {
    const value = 'x'.repeat(512);
    expect(read({ access_token: value, expires_in: 7_200 }).token.value).toBe(value);
  });
});

describe('the token that was to be replaced, returned again', () => {
  const previous = tokenWith(200_000);

  it.each([
    ['what is left', 200],
    ['its whole life', 7_200],
  ])('with %s, keeps its end', (_what, seconds) => {
    const { token } = read({ access_token: 'A', expires_in: seconds }, previous);
    expect(token).toEqual({ ...previous, repeatedAt: NOW });
  });

  it('with a sooner end, gets that end', () => {
    const { token } = read({ access_token: 'A', expires_in: 100 }, previous);
    expect(token).toEqual({ ...previous, expiresAt: NOW + 100_000, repeatedAt: NOW });
  });

  it('in its last seconds is accepted, so that they are waited out', () => {
    const { token } = read({ access_token: 'A', expires_in: 2 }, tokenWith(2_500));
    expect(token.expiresAt).toBe(NOW + 2_000);
  });

  it('after its end by our clock is accepted once with a few seconds, and not twice', () => {
    const answer = { access_token: 'A', expires_in: 5 };
    const first = read(answer, tokenWith(-1, { obtainedAt: NOW - 7_200_000 })).token;
    expect(first.expiresAt).toBe(NOW + 5_000);
    const rest = tokenWith(-1, { obtainedAt: NOW - 5_001 });
    expect(refusal(answer, rest).details['reason']).toContain('again and again');
  });

  it('after its end by our clock gets the new end', () => {
    const { token } = read({ access_token: 'A', expires_in: 7_200 }, tokenWith(-1));
    expect(token).toEqual({
      value: 'A',
      obtainedAt: NOW,
      expiresAt: NOW + 7_200_000,
      repeatedAt: NOW,
    });
  });

  it('after its end keeps the time of the last report', () => {
    const reissuedAt = NOW - 5_000;
    const { token } = read({ access_token: 'A', expires_in: 3 }, tokenWith(-1, { reissuedAt }));
    expect(token.reissuedAt).toBe(reissuedAt);
  });

  it('again and again, each time about to expire, is refused', () => {
    const first = read({ access_token: 'A', expires_in: 1 }, tokenWith(-1)).token;
    const later = { ...first, obtainedAt: NOW - 2_000, expiresAt: NOW - 1_000 };
    const error = refusal({ access_token: 'A', expires_in: 1 }, later);
    expect(error.details['reason']).toMatch(/again and again/);
  });
});

describe('any answer of gettoken', () => {
  it('is a token with a life of 10 to 7200 s or a WecomBadBody, and is never quoted', () => {
    const hostile = fc.oneof(fc.anything(), fc.string({ minLength: 8 }), fc.double(), fc.integer());
    fc.assert(
      fc.property(hostile, hostile, (access_token, expires_in) => {
        try {
          const { token, odd } = read({ access_token, expires_in });
          const life = token.expiresAt - NOW;
          expect(life).toBeGreaterThanOrEqual(10_000);
          expect(life).toBeLessThanOrEqual(7_200_000);
          expect(token.value).toMatch(/^[\x21-\x7e]{1,512}$/);
          expect(odd.join()).not.toContain(token.value);
        } catch (error) {
          expect(error).toBeInstanceOf(WecomBadBody);
          if (typeof access_token === 'string' && access_token.length >= 8) {
            expect(JSON.stringify(error)).not.toContain(access_token);
          }
        }
      }),
    );
  });
});
