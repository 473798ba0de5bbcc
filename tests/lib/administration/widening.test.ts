import { describe, expect, it } from 'vitest';
import { widensToEveryone } from '../../../lib/administration/widening.ts';
import type { Terms } from '../../../lib/permissions/audit.ts';
import type { Grant } from '../../../lib/permissions/grant.ts';

const NOW = Date.parse('2026-06-01T00:00:00Z');
const DAY = 86_400_000;

const NONE = undefined;
const ALLOW: Terms = { effect: 'allow' };
const DENY: Terms = { effect: 'deny' };
const until = (days: number, terms: Terms): Terms => ({ ...terms, until: NOW + days * DAY });

function widens(subject: string, before: Terms | undefined, after: Terms | undefined): boolean {
  const grant: Grant | undefined = before && {
    subject,
    permission: 'access',
    by: 'test',
    at: 0,
    ...before,
  };
  return widensToEveryone({ subject, permission: 'access', before: grant, after }, NOW);
}

describe.each(['everyone', 'department#1'])('a change of %s', (subject) => {
  it.each([
    ['allowing', NONE, ALLOW],
    ['allowing instead of denying', DENY, ALLOW],
    ['allowing for good instead of for a day', until(1, ALLOW), ALLOW],
    ['allowing for two days instead of one', until(1, ALLOW), until(2, ALLOW)],
    ['allowing again what had expired', until(-1, ALLOW), ALLOW],
    ['lifting a denial', DENY, NONE],
    ['denying for a day instead of for good', DENY, until(1, DENY)],
    ['letting a denial expire', DENY, until(-1, DENY)],
  ])('gives everyone more by %s', (_, before, after) => {
    expect(widens(subject, before, after)).toBe(true);
  });

  it.each([
    ['denying', NONE, DENY],
    ['denying instead of allowing', ALLOW, DENY],
    ['taking back', ALLOW, NONE],
    ['allowing for a day instead of for good', ALLOW, until(1, ALLOW)],
    ['denying for good instead of for a day', until(1, DENY), DENY],
    ['another note', ALLOW, { ...ALLOW, note: 'x' }],
    ['taking back what had expired', until(-1, DENY), NONE],
    ['allowing until yesterday', NONE, until(-1, ALLOW)],
  ])('gives nobody more by %s', (_, before, after) => {
    expect(widens(subject, before, after)).toBe(false);
  });
});

it.each(['member#zhangsan', 'department#2', 'department#11', 'tag#1'])(
  'a change of %s is never one of everyone',
  (subject) => {
    expect(widens(subject, NONE, ALLOW)).toBe(false);
    expect(widens(subject, DENY, NONE)).toBe(false);
  },
);
