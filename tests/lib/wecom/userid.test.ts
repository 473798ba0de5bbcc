import { describe, expect, it } from 'vitest';
import { foldUserid, isSameUserid, isUserid } from '../../../lib/wecom/userid.ts';

describe('a userid', () => {
  it.each(['a', '0', 'ZhangSan', 'Feng-Er_01@yunfan.example', 'a'.repeat(64)])(
    'may be %s',
    (text) => expect(isUserid(text)).toBe(true),
  );

  it.each(['', '-a', '_a', '.a', '@a', ' a', 'a ', 'a\n', 'a/b', 'a#b', '张三', 'a\u0130'])(
    'is not %j',
    (text) => expect(isUserid(text)).toBe(false),
  );

  it('has at most 64 characters', () => {
    expect(isUserid('a'.repeat(65))).toBe(false);
  });

  it('is the same in any case', () => {
    expect(foldUserid('ZhangSan')).toBe('zhangsan');
    expect(isSameUserid('ZhangSan', 'zHANGsAN')).toBe(true);
    expect(isSameUserid('zhangsan', 'zhangsa')).toBe(false);
  });

  it.each([
    ['', ''],
    ['a b', 'a b'],
    ['ww1/lisi', 'ww1/lisi'],
    // The Kelvin sign folds to k.
    ['\u212A', 'k'],
    ['k', '\u212A'],
  ])('is not the same as another text if either is not a userid: %j and %j', (one, other) => {
    expect(isSameUserid(one, other)).toBe(false);
  });
});
