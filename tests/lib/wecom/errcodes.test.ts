import { describe, expect, it } from 'vitest';
import { errcodeEntry, errcodes } from '../../../lib/wecom/errcodes.ts';

describe('the errcode catalogue', () => {
  it('rises, and names no errcode twice', () => {
    const numbers = errcodes().map(({ errcode }) => errcode);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  });

  it.each(errcodes())(
    'says of $errcode in both languages what it means and what to do',
    (entry) => {
      for (const text of [entry.meaning, entry.remedy]) {
        expect(text.zh).toMatch(/[\u4e00-\u9fff]/);
        expect(text.en.length).toBeGreaterThan(3);
      }
    },
  );

  it.each([40014, 42001, 40001])('renews the token on %i', (errcode) => {
    expect(errcodeEntry(errcode).reaction).toBe('renew-token');
  });

  it.each([-1, 45009, 45033])('asks for patience on %i', (errcode) => {
    expect(errcodeEntry(errcode).reaction).toBe('retry-later');
  });

  it.each([60020, 48002, 50001, 50003, 301002])('blames our own settings for %i', (errcode) => {
    expect(errcodeEntry(errcode).reaction).toBe('misconfigured');
  });

  it.each([40029, 42003, 42022, 40163, 60011, 60021, 60030, 60111, 50002, 84014, 84015, 123456])(
    'refuses the visitor on %i',
    (errcode) => {
      expect(errcodeEntry(errcode).reaction).toBe('refuse');
    },
  );

  it('sends whoever meets an unknown errcode to the official page of it', () => {
    expect(errcodeEntry(123456).remedy.zh).toContain('query?e=123456');
  });
});
