import { describe, expect, it } from 'vitest';
import { type Attributes, decode, encode, type Item } from '../../../lib/dynamodb/item.ts';
import { StoreUnavailable } from '../../../lib/errors.ts';
import {
  type AuditLine,
  auditItem,
  readAudit,
  type Terms,
  termsOf,
} from '../../../lib/permissions/audit.ts';
import {
  counts,
  type Grant,
  grantItem,
  isExpired,
  originsOf,
  readGrant,
} from '../../../lib/permissions/grant.ts';

const NOW = 1_800_000_000_000;
const ALLOWED: Grant = {
  subject: 'member#lisi',
  permission: 'report:read',
  effect: 'allow',
  by: 'local:admin',
  at: NOW,
};
const ALL: Grant = {
  ...ALLOWED,
  until: NOW + 1,
  note: 'trial',
  suspendedAt: NOW + 2,
  origins: [
    { userid: 'zhangsan', at: NOW - 2 },
    { userid: 'wangwu', at: NOW - 1 },
  ],
  setAside: [
    {
      effect: 'allow',
      until: NOW + 3,
      note: 'set aside',
      by: 'local:admin',
      at: NOW - 3,
      suspendedAt: NOW,
      origins: [{ userid: 'qianer', at: NOW - 3 }],
    },
    { effect: 'allow', by: 'x', at: NOW, origins: [{ userid: 'qianer', at: NOW }] },
  ],
  version: 'the-audit-line',
};

describe('a stored grant', () => {
  it.each([
    ['with required fields only', ALLOWED],
    ['with all fields', ALL],
    ['of a denial', { ...ALL, effect: 'deny' } as Grant],
    ['of every permission', { ...ALLOWED, permission: '*' }],
    ['of a group', { ...ALLOWED, subject: 'department#2' }],
  ])('%s is read as it was written', (_, grant) => {
    expect(readGrant(grantItem('ww1', grant))).toStrictEqual(grant);
  });

  it('may be deleted by DynamoDB thirty days after it expires, and never without an expiry', () => {
    const month = 30 * 24 * 60 * 60;
    expect(grantItem('ww1', { ...ALLOWED, until: NOW })['ttl']).toBe(NOW / 1_000 + month);
    expect(grantItem('ww1', ALLOWED)).not.toHaveProperty('ttl');
  });

  it.each<[string, object]>([
    ['another effect', { effect: 'Deny' }],
    ['no effect', { effect: undefined }],
    ['an end as text', { until: '1800000000000' }],
    ['null as its end', { until: null }],
    ['a note that is not a text', { note: 7 }],
    ['no author', { by: undefined }],
    ['no time', { at: undefined }],
    ['a time as text', { at: '1800000000000' }],
    ['a suspension that is not a time', { suspendedAt: true }],
    ['null as its suspension', { suspendedAt: null }],
    ['a version that is not a text', { auditLine: 7 }],
    ['a key that is not a text', { pk: 7 }],
    ['a sort key that is not a text', { sk: 7 }],
    ['the sort key of something else', { sk: 'membership#1000002' }],
    ['grants set aside that are not a list', { setAside: 'allow' }],
    ['a grant set aside without an origin', { setAside: [{ effect: 'allow', by: 'x', at: NOW }] }],
    [
      'a grant set aside with an unknown effect',
      { setAside: [{ effect: 'x', by: 'x', at: NOW, origins: [{ userid: 'a', at: NOW }] }] },
    ],
    ['origins that are not a list', { origins: 'zhangsan' }],
    ['an empty list of origins', { origins: [] }],
    ['an origin without a userid', { origins: [{ at: NOW }] }],
    ['an origin without a time', { origins: [{ userid: 'zhangsan' }] }],
    [
      'a second origin without a time',
      { origins: [{ userid: 'zhangsan', at: NOW }, { userid: 'wangwu' }] },
    ],
  ])('with %s is an error with its key, not an absent grant', (_, part) => {
    const item = { ...grantItem('ww1', ALL), ...part } as Item;
    expect(() => readGrant(item)).toThrow(StoreUnavailable);
    expect(() => readGrant(item)).toThrow(
      expect.objectContaining({
        details: expect.objectContaining({ key: `${item['pk']} ${item['sk']}` }),
      }),
    );
  });
});

describe('a stored grant with a value of a kind that we never write', () => {
  it.each([
    'effect',
    'until',
    'note',
    'by',
    'at',
    'suspendedAt',
    'origins',
    'setAside',
    'auditLine',
  ])('is an error, not a grant without %s', (name) => {
    const attributes = { ...encode(grantItem('ww1', ALL)), [name]: { NULL: true } };
    expect(() => readGrant(decode(attributes as Attributes))).toThrow(StoreUnavailable);
  });
});

describe('a grant', () => {
  it('has expired at its end', () => {
    const until = { ...ALLOWED, until: NOW };
    expect(isExpired(until, NOW - 1)).toBe(false);
    expect(isExpired(until, NOW)).toBe(true);
    expect(isExpired(ALLOWED, Number.MAX_SAFE_INTEGER)).toBe(false);
  });

  it('counts unless it has expired or is suspended', () => {
    expect(counts(ALLOWED, NOW)).toBe(true);
    expect(counts({ ...ALLOWED, until: NOW }, NOW)).toBe(false);
    for (const suspendedAt of [0, NOW - 1, NOW + 1]) {
      expect(counts({ ...ALLOWED, suspendedAt }, NOW)).toBe(false);
    }
  });

  it('counts if it is a denial with a suspension, because only allowances are suspended', () => {
    expect(counts({ ...ALLOWED, effect: 'deny', suspendedAt: NOW }, NOW)).toBe(true);
    expect(counts({ ...ALLOWED, effect: 'deny', suspendedAt: 0, until: NOW }, NOW)).toBe(false);
  });

  it('has its member at its time as its origin, unless it names others', () => {
    expect(originsOf(ALLOWED)).toEqual([{ userid: 'lisi', at: NOW }]);
    expect(originsOf(ALL)).toEqual(ALL.origins);
  });
});

describe('an audit line', () => {
  const before: Terms = { effect: 'allow' };
  const after: Terms = { effect: 'deny', until: NOW, note: 'left the team', suspendedAt: NOW };
  const line: AuditLine = {
    at: NOW,
    by: 'directory',
    subject: 'member#lisi',
    permission: 'report:read',
    before,
    after,
    cause: { kind: 'renamed', userid: 'zhangsan', newUserid: 'lisi' },
  };

  it('is read as it was written', () => {
    expect(readAudit(auditItem('ww1', line, '1'))).toStrictEqual(line);
    const { cause: _, before: __, ...first } = line;
    // DynamoDB's client leaves out what is undefined.
    const stored = JSON.parse(JSON.stringify(auditItem('ww1', first, '1')));
    expect(readAudit(stored)).toStrictEqual(first);
  });

  it('in another form is undefined', () => {
    expect(readAudit({ ...auditItem('ww1', line, '1'), at: 'today' })).toBeUndefined();
    expect(readAudit({ ...auditItem('ww1', line, '1'), after: {} })).toBeUndefined();
    expect(readAudit({ ...auditItem('ww1', line, '1'), cause: { kind: 'x' } })).toBeUndefined();
  });

  it('has the terms of a grant, and no field that the grant lacks', () => {
    expect(termsOf(before)).toStrictEqual(before);
    expect(termsOf(after)).toStrictEqual(after);
    expect(termsOf(ALL)).toStrictEqual({
      effect: 'allow',
      until: NOW + 1,
      note: 'trial',
      suspendedAt: NOW + 2,
    });
  });
});
