import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isChallenge, isState, isVerifier, newState, s256 } from '../../../lib/signin/pkce.ts';

const systemBytes = (count: number) => crypto.getRandomValues(new Uint8Array(count));

describe('a state', () => {
  it('is 32 random alphanumerics, which WeCom carries', () => {
    const states = Array.from({ length: 200 }, () => newState(systemBytes));
    for (const state of states) {
      expect(state).toMatch(/^[0-9A-Za-z]{32}$/);
      expect(isState(state)).toBe(true);
    }
    expect(new Set(states).size).toBe(200);
  });

  it('has each letter with the same probability', () => {
    let drawn = 0;
    const everyByteInTurn = (count: number) =>
      Uint8Array.from({ length: count }, () => drawn++ % 256);
    // 31 states have 992 letters: four rounds of the 248 bytes that are used, 16 for each letter.
    const letters = Array.from({ length: 31 }, () => newState(everyByteInTurn)).join('');
    const counts = Map.groupBy(letters, (letter) => letter);
    expect(counts.size).toBe(62);
    for (const same of counts.values()) expect(same).toHaveLength(16);
  });

  it('is made of later bytes if the first ones are all skipped', () => {
    let draws = 0;
    const skippedThreeTimes = (count: number) => new Uint8Array(count).fill(draws++ < 3 ? 255 : 61);
    expect(newState(skippedThreeTimes)).toBe('9'.repeat(32));
  });

  it.each([
    '',
    'a'.repeat(31),
    'a'.repeat(33),
    `${'a'.repeat(31)}-`,
    `${'a'.repeat(31)}\n`,
    'ａ'.repeat(32),
  ])('is not %j', (text) => expect(isState(text)).toBe(false));
});

describe('a verifier and its challenge', () => {
  it('are those of RFC 7636, appendix B', () => {
    expect(s256('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).toBe(
      'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    );
  });

  it('have the lengths and the alphabet of RFC 7636', () => {
    expect(isVerifier('a'.repeat(42))).toBe(false);
    expect(isVerifier('a-._~Z9'.padEnd(43, '0'))).toBe(true);
    expect(isVerifier('a'.repeat(128))).toBe(true);
    expect(isVerifier('a'.repeat(129))).toBe(false);
    expect(isVerifier(`${'a'.repeat(42)}=`)).toBe(false);
    fc.assert(fc.property(fc.string(), (text) => isChallenge(s256(text))));
    expect(isChallenge(`${s256('x').slice(1)}=`)).toBe(false);
    expect(isChallenge('a'.repeat(42))).toBe(false);
    expect(isChallenge('a'.repeat(44))).toBe(false);
  });
});
