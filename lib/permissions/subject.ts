import { EVERYONE, groupSubject, memberSubject } from '../tableKeys.ts';
import { foldUserid, isUserid } from '../wecom/userid.ts';

/** The member or group that a grant is for. */
export type Subject =
  | { readonly kind: 'member'; readonly userid: string }
  /** Its own members and those of every department below it. */
  | { readonly kind: 'department'; readonly id: number }
  | { readonly kind: 'tag'; readonly id: number }
  | { readonly kind: 'everyone' };

/**
 * The subject in keys of the permission table. Userids are folded, and neither a userid nor a number
 * can contain the separator, so two subjects never share a key.
 */
export function subjectKey(subject: Subject): string {
  switch (subject.kind) {
    case 'member':
      return memberSubject(subject.userid);
    case 'department':
    case 'tag':
      return groupSubject(subject.kind, subject.id);
    case 'everyone':
      return EVERYONE;
  }
}

/** As an administrator writes it: `user:zhangsan`, `department:2`, `tag:7`, `everyone`. */
export function subjectText(subject: Subject): string {
  switch (subject.kind) {
    case 'member':
      return `user:${foldUserid(subject.userid)}`;
    case 'department':
    case 'tag':
      return `${subject.kind}:${subject.id}`;
    case 'everyone':
      return 'everyone';
  }
}

/** @returns nothing if the text names no subject */
export function parseSubject(text: string): Subject | undefined {
  if (text === 'everyone') return { kind: 'everyone' };
  const [, kind, name = ''] = /^(user|department|tag):(.+)$/.exec(text) ?? [];
  if (kind === 'user') {
    return isUserid(name) ? { kind: 'member', userid: foldUserid(name) } : undefined;
  }
  // WeCom's ids are positive 32-bit numbers; `01` and `1` must not be two subjects.
  const id = /^[1-9]\d{0,9}$/.test(name) ? Number(name) : 0;
  if (id === 0 || id >= 2 ** 32) return undefined;
  return kind === 'department' || kind === 'tag' ? { kind, id } : undefined;
}

/** The inverse of `subjectKey`. */
export function parseSubjectKey(key: string): Subject | undefined {
  return parseSubject(key.replace(/^member#/, 'user:').replace('#', ':'));
}
