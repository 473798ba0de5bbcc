import type { Terms } from '../permissions/audit.ts';
import { ANY_PERMISSION, isPermissionName } from '../permissions/permissionName.ts';
import { parseSubject, subjectKey } from '../permissions/subject.ts';
import { InvalidInput } from './invalidInput.ts';
import { parseUntil } from './until.ts';

/** The subject of the audit lines of `forget`, which name no member. */
export const FORGOTTEN = 'forgotten';

/** One grant to write. Without terms it is revoked, or its suspension ends. */
export interface GrantRequest {
  readonly subject: string;
  readonly permission: string;
  readonly terms?: Terms;
  /** Whether the suspension of the grant is to end. */
  readonly reinstates?: boolean;
}

/** @throws InvalidInput */
export function readPair(subject: string | undefined, permission: string | undefined) {
  const key = readSubject(subject);
  if (permission === undefined) throw notAPermission('');
  if (permission !== ANY_PERMISSION && !isPermissionName(permission)) {
    throw notAPermission(permission);
  }
  return { subject: key, permission };
}

/** @throws InvalidInput */
export function readTerms(
  effect: string,
  until: string | undefined,
  note: string | undefined,
): Terms {
  if (effect !== 'allow' && effect !== 'deny') {
    throw new InvalidInput({
      zh: `effect 应为 allow 或 deny，而不是 ${effect}`,
      en: `effect must be allow or deny, not ${effect}`,
    });
  }
  const end = until ? parseUntil(until) : undefined;
  if (until && end === undefined) {
    throw new InvalidInput({
      zh: `不是有效的时间：${until}（应如 2027-01-31 或 2027-01-31T18:00+08:00）`,
      en: `Not a time: ${until} (write 2027-01-31 or 2027-01-31T18:00+08:00)`,
    });
  }
  if (note && !/^\P{C}{1,200}$/u.test(note)) {
    throw new InvalidInput({
      zh: '备注最多 200 个字符，不含控制字符',
      en: 'A note has at most 200 characters, without control characters',
    });
  }
  return { effect, ...(end !== undefined && { until: end }), ...(note && { note }) };
}

/** @returns the subject's key. @throws InvalidInput */
export function readMember(text = ''): string {
  const subject = parseSubject(text);
  if (subject?.kind !== 'member') {
    throw new InvalidInput({
      zh: `应为成员：user:<userid>，而不是 ${text}`,
      en: `Must be a member, user:<userid>, not ${text}`,
    });
  }
  return subjectKey(subject);
}

/** @returns the subject's key. @throws InvalidInput */
export function readSubject(text = ''): string {
  const subject = parseSubject(text);
  if (subject === undefined) {
    throw new InvalidInput({
      zh: `无法识别的授权对象：${text}（应为 user:<userid>、department:<id>、tag:<id> 或 everyone）`,
      en: `Not a subject: ${text} (write user:<userid>, department:<id>, tag:<id> or everyone)`,
    });
  }
  return subjectKey(subject);
}

export function notAPermission(text: string): InvalidInput {
  return new InvalidInput({
    zh: `不是权限名：${text}（1 到 64 个 a-z 0-9 : . _ -）`,
    en: `Not a permission: ${text} (1 to 64 of a-z 0-9 : . _ -)`,
  });
}
