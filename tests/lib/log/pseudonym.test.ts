import { describe, expect, it } from 'vitest';
import { memberPseudonym } from '../../../lib/log/pseudonym.ts';

const KEY = 'a key of the stage, which is a secret';

describe("a member's pseudonym", () => {
  it('is the same for every spelling of the userid', () => {
    const pseudonym = memberPseudonym(KEY, 'ww1', 'ZhangSan');
    expect(pseudonym).toBe(memberPseudonym(KEY, 'ww1', 'zhangsan'));
    expect(pseudonym).toMatch(/^[0-9a-f]{32}$/);
  });

  it('differs with the member, the corp and the key, so a guess needs the key', () => {
    const all = [
      memberPseudonym(KEY, 'ww1', 'zhangsan'),
      memberPseudonym(KEY, 'ww1', 'lisi'),
      memberPseudonym(KEY, 'ww2', 'zhangsan'),
      memberPseudonym(`${KEY}.`, 'ww1', 'zhangsan'),
    ];
    expect(new Set(all).size).toBe(all.length);
  });
});
