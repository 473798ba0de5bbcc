import type { Bilingual } from '../bilingual.ts';
import type { Cause, Terms } from '../permissions/audit.ts';
import type { Grant, SetAside } from '../permissions/grant.ts';
import { parseSubjectKey, subjectText } from '../permissions/subject.ts';
import { memberSubject } from '../tableKeys.ts';

/* Grants and their changes as an administrator and programs read them. */

/** As an administrator writes it. */
export function showSubject(key: string): string {
  const subject = parseSubjectKey(key);
  return subject ? subjectText(subject) : key;
}

/** A grant for a program: the subject as an administrator writes it, times in ISO 8601. */
export function grantJson(
  { subject, at, until, suspendedAt, origins: _, version: __, setAside, ...rest }: Grant,
  now: number,
): Record<string, unknown> {
  return {
    subject: showSubject(subject),
    ...rest,
    ...(suspendedAt !== undefined && { suspendedAt: new Date(suspendedAt).toISOString() }),
    ...(until !== undefined && { until: new Date(until).toISOString(), expired: until <= now }),
    at: new Date(at).toISOString(),
    ...(setAside && {
      setAside: setAside.map((each) =>
        grantJson({ subject: firstSubject(each), permission: rest.permission, ...each }, now),
      ),
    }),
  };
}

/** Whom an allowance that was set aside was made for. */
export function firstSubject({ origins: [origin] }: SetAside): string {
  return memberSubject(origin?.userid ?? '');
}

/** Terms for a program; null where there is no grant. */
export function termsJson(terms: Terms | undefined) {
  if (terms === undefined) return null;
  const { effect, until, note, suspendedAt } = terms;
  return {
    effect,
    ...(until !== undefined && { until: new Date(until).toISOString() }),
    ...(note !== undefined && { note }),
    ...(suspendedAt !== undefined && { suspendedAt: new Date(suspendedAt).toISOString() }),
  };
}

/** What the directory said, in a few words. */
export function showCause({ kind, userid = '', newUserid = '' }: Cause): Bilingual {
  switch (kind) {
    case 'left':
      return { zh: `${userid} 已从通讯录删除`, en: `${userid} was deleted` };
    case 'arrived':
      return { zh: `${userid} 是新成员`, en: `${userid} is a new member` };
    case 'renamed':
      return { zh: `${userid} 更名为 ${newUserid}`, en: `${userid} is now ${newUserid}` };
    case 'erased':
      return { zh: '已清除一名成员的全部记录', en: 'all that was kept of a member was erased' };
  }
}
