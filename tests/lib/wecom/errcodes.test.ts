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

  it('sends whoever meets an unknown errcode to the official page of it', () => {
    expect(errcodeEntry(123456).remedy.zh).toContain('query?e=123456');
  });
});
