import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPermissionName } from '../../../lib/permissions/permissionName.ts';
import {
  parseSubject,
  parseSubjectKey,
  subjectKey,
  subjectText,
} from '../../../lib/permissions/subject.ts';

describe('a subject', () => {
  it.each([
    ['user:zhangsan', 'member#zhangsan'],
    ['user:Feng-Er_01@yunfan.example', 'member#feng-er_01@yunfan.example'],
    ['department:2', 'department#2'],
    ['department:4294967295', 'department#4294967295'],
    ['tag:7', 'tag#7'],
    ['everyone', 'everyone'],
  ])('%s has the key %s', (text, key) => {
    const subject = parseSubject(text);
    expect(subject && subjectKey(subject)).toBe(key);
    expect(parseSubjectKey(key)).toEqual(subject);
    expect(subject && subjectText(subject)).toBe(text.toLowerCase());
  });

  it.each([
    '',
    'user:',
    'user:-x',
    'user:a b',
    'user:a#b',
    `user:${'a'.repeat(65)}`,
    'user:zhang\u0130',
    'user:zhangsan\n',
    'user:ww0a/zhangsan',
    'department:0',
    'department:01',
    'department:+1',
    'department:1.0',
    'department:1e3',
    'department:-1',
    'department:4294967296',
    'department:99999999999',
    'department:２',
    'tag:',
    'tag:x',
    'Everyone',
    'everyone:1',
    'member:zhangsan',
    'audit:zhangsan',
    'zhangsan',
    'xuser:zhangsan',
    'everyone,user:zhangsan',
    'department:department:2',
    '__proto__',
    'constructor:1',
  ])('is not written %j', (text) => {
    expect(parseSubject(text)).toBeUndefined();
  });

  it.each(['member#', 'xmember#zhangsan', 'member#zhangsan#', 'audit#zhangsan', 'department', ''])(
    'never has the key %j',
    (key) => expect(parseSubjectKey(key)).toBeUndefined(),
  );

  it('never has the key of another one', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (one, other) => {
        const a = parseSubject(`user:${one}`);
        const b = parseSubject(`user:${other}`);
        if (a && b && one.toLowerCase() !== other.toLowerCase()) {
          expect(subjectKey(a)).not.toBe(subjectKey(b));
        }
        if (a) expect(subjectKey(a).split('#')).toHaveLength(2);
      }),
    );
  });
});

describe('a permission name', () => {
  it.each(['access', 'report:read', 'a', '0', 'verify:any', 'a.b_c-d:e', 'x'.repeat(64)])(
    'may be %s',
    (name) => expect(isPermissionName(name)).toBe(true),
  );

  it.each(['', '*', 'Access', 'a b', 'a,b', 'a#b', 'a\n', 'ａ', '访问', 'a*', 'x'.repeat(65)])(
    'may not be %j',
    (name) => expect(isPermissionName(name)).toBe(false),
  );
});
