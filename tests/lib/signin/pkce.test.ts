import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isChallenge, isState, isVerifier, newState, s256 } from '../../../lib/signin/pkce.ts';

const system = (count: number) => crypto.getRandomValues(new Uint8Array(count));

describe('a state', () => {
  it('is 32 alphanumerics, all that WeCom promises to carry', () => {
    for (let at = 0; at < 200; at++) expect(newState(system)).toMatch(/^[0-9A-Za-z]{32}$/);
    expect(new Set(Array.from({ length: 200 }, () => newState(system))).size).toBe(200);
  });

  it('has every letter as likely as any other: bytes that would favour some are passed over', () => {
    const bytes = Array.from({ length: 256 }, (_, byte) => byte);
    let at = 0;
    const all = (count: number) => Uint8Array.from({ length: count }, () => bytes[at++ % 256] ?? 0);
    // 31 states of 32 letters are 992 letters, which is 16 for each of 62, out of four rounds of 248.
    const letters = Array.from({ length: 31 }, () => newState(all)).join('');
    at = 0;
    const counts = new Map<string, number>();
    for (const letter of letters) counts.set(letter, (counts.get(letter) ?? 0) + 1);
    expect(counts.size).toBe(62);
    expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(1);
  });

  it('survives a source that gives nothing but unfair bytes for a while', () => {
    let draws = 0;
    const slow = (count: number) => new Uint8Array(count).fill(draws++ < 3 ? 255 : 61);
    expect(newState(slow)).toBe('9'.repeat(32));
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
    expect(isChallenge(`${s256('x')}=`)).toBe(false);
    expect(isChallenge('a'.repeat(42))).toBe(false);
    expect(isChallenge('a'.repeat(44))).toBe(false);
  });
});
