import { describe, expect, it } from 'vitest';
import { errcodeEntry, errcodes } from '../../../lib/wecom/errcodes.ts';

describe('the errcode catalogue', () => {
  it('is in rising order, and has no errcode twice', () => {
    const numbers = errcodes().map(({ errcode }) => errcode);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  });

  it.each(errcodes())('has the meaning and the remedy of $errcode in both languages', (entry) => {
    for (const text of [entry.meaning, entry.remedy]) {
      expect(text.zh).toMatch(/[\u4e00-\u9fff]/);
      expect(text.en.length).toBeGreaterThan(3);
    }
  });

  it("links WeCom's own page of an unknown errcode", () => {
    expect(errcodeEntry(123456).remedy.zh).toContain('query?e=123456');
  });
});
