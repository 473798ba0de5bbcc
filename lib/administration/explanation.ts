import type { Bilingual } from '../bilingual.ts';
import { snapshotStaleness } from '../directory/freshness.ts';
import type { Decision } from '../permissions/evaluate.ts';
import { type Grant, isExpired } from '../permissions/grant.ts';
import { subjectKey } from '../permissions/subject.ts';
import type { MemberFacts } from '../permissions/verify.ts';
import { showSubject } from './grantJson.ts';
import { formatTime } from './time.ts';

/* Why a member has a permission, in words. */

/** Why it was decided so. */
export function reason({ reason, grant }: Decision, facts: MemberFacts): Bilingual {
  const subject = grant ? showSubject(grant.subject) : '';
  switch (reason) {
    case 'member-gone':
      return {
        zh: '成员已离职、被禁用、未激活，或应用看不到该成员',
        en: "the member left, is disabled or not activated, or is outside the app's visible range",
      };
    case 'unknown-member':
      return {
        zh: '没有可用的成员资料，verify 会先向企业微信读取',
        en: 'no usable data about the member is stored: verify asks WeCom first',
      };
    case 'member-unreadable':
      return {
        zh: '企业微信返回的该成员资料无法读取，verify 会再次向企业微信读取',
        en: "WeCom's answer about the member cannot be read: verify asks WeCom again",
      };
    case 'grants-pending':
      return {
        zh: '该成员自己的授权正在暂停或转移，完成之前一律拒绝',
        en: "the member's own grants are being suspended or moved: refused until that is done",
      };
    case 'denied':
      return { zh: `${subject} 的拒绝优先于任何允许`, en: `the denial of ${subject} wins` };
    case 'group-unreadable':
      if (grant && isYetToBeRead(grant.subject, facts)) {
        return {
          zh: `${subject} 有拒绝，而该成员是否属于它尚未读取，verify 会先向企业微信读取`,
          en: `${subject} is denied, and whether the member is among it has not been read yet: verify asks WeCom first`,
        };
      }
      return grant
        ? {
            zh: `${subject} 有拒绝，而企业微信的资料读不出该成员是否属于它：无法读取的拒绝按拒绝处理`,
            en: `${subject} is denied, and WeCom's data does not show whether the member is among it: such a denial refuses`,
          }
        : {
            zh: '该成员的上级部门无法读取，而有太多部门被拒绝',
            en: 'the departments above the member cannot be read, and too many are denied',
          };
    case 'allowed':
      return { zh: `${subject} 的允许，且没有拒绝`, en: `the grant of ${subject}, and no denial` };
    case 'no-grant':
      return { zh: '没有适用的授权', en: 'no grant applies' };
  }
}

/** Whether a grant named the tag only after the member's groups were worked out. */
export function isYetToBeRead(subject: string, { membership }: MemberFacts): boolean {
  const unknown = membership?.groups?.unknownTags ?? [];
  return (
    subject.startsWith('tag#') && !unknown.some((id) => subject === subjectKey({ kind: 'tag', id }))
  );
}

/** What is known of the member, and when it was read. */
export function showMember({ membership }: MemberFacts, now: number): Bilingual {
  const snapshot = membership?.snapshot;
  if (membership?.unreadable) {
    return {
      zh: '已存资料无法识别，verify 会重新读取',
      en: 'what is stored cannot be read; verify reads again',
    };
  }
  if (snapshot === undefined) return { zh: '尚无资料', en: 'nothing stored yet' };
  const at = formatTime(snapshot.readAt);
  const due = snapshotStaleness(membership, now) !== 'fresh';
  const again: Bilingual = due
    ? { zh: '，verify 会重新读取', en: '; verify reads again' }
    : afterEvent(membership?.goneUntil, now);
  return {
    zh: `${snapshot.state === 'active' ? '在职' : '不可用'}（${snapshot.why}），${at} 读自企业微信${again.zh}`,
    en: `${snapshot.state} (${snapshot.why}), read from WeCom at ${at}${again.en}`,
  };
}

/** After the event of a deletion, WeCom is not asked for a minute. */
export function afterEvent(goneUntil: number | undefined, now: number): Bilingual {
  if (goneUntil === undefined || goneUntil <= now) return { zh: '', en: '' };
  const seconds = Math.ceil((goneUntil - now) / 1_000);
  return { zh: `，${seconds} 秒后 verify 会重新读取`, en: `; verify reads again in ${seconds} s` };
}

/** What a grant can do to a decision. */
export type Verdict =
  | 'decides'
  | 'agrees'
  | 'overruled'
  | 'expired'
  | 'suspended'
  | 'unreadable'
  | 'unused';

/** What a grant did to the decision. */
export function verdict(
  grant: Grant,
  {
    facts,
    decision,
    now,
  }: {
    readonly facts: MemberFacts;
    readonly decision: Decision;
    readonly now: number;
  },
): Verdict {
  const { grant: deciding } = decision;
  if (isExpired(grant, now)) return 'expired';
  if (grant.suspendedAt !== undefined) return 'suspended';
  if (grant === deciding) return 'decides';
  if (facts.unreadable.includes(grant.subject)) return 'unreadable';
  if (deciding === undefined) return 'unused';
  return grant.effect === deciding.effect ? 'agrees' : 'overruled';
}
