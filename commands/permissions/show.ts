import { firstSubject, showSubject } from '../../lib/administration/grantJson.ts';
import { formatTime } from '../../lib/administration/time.ts';
import { formatUntil } from '../../lib/administration/until.ts';
import type { Terms } from '../../lib/permissions/audit.ts';
import { type Grant, isExpired } from '../../lib/permissions/grant.ts';
import { showWho, table } from '../administration/output.ts';
import type { Say } from '../language.ts';

/** `allow`, its end and its note, in one line. */
export function showTerms(terms: Terms | undefined, say: Say): string {
  if (terms === undefined) return say({ zh: '无', en: 'none' });
  const until = terms.until === undefined ? '' : showUntil(terms.until, say);
  return [showEffect(terms, say), until, terms.note ?? '']
    .filter((part) => part !== '')
    .join(' · ');
}

/** Whether it allows or denies, and whether it is suspended. */
export function showEffect({ effect, suspendedAt }: Terms, say: Say): string {
  if (suspendedAt !== undefined) return say({ zh: '允许（已停用）', en: 'allow (suspended)' });
  return effect === 'allow' ? say({ zh: '允许', en: 'allow' }) : say({ zh: '拒绝', en: 'deny' });
}

function showUntil(until: number, say: Say): string {
  return say({ zh: `至 ${formatUntil(until)}`, en: `until ${formatUntil(until)}` });
}

export function grantTable(grants: readonly Grant[], now: number, say: Say): string {
  const head = [
    say({ zh: '授权对象', en: 'subject' }),
    say({ zh: '权限', en: 'permission' }),
    say({ zh: '效果', en: 'effect' }),
    say({ zh: '有效期', en: 'until' }),
    say({ zh: '备注', en: 'note' }),
    say({ zh: '操作人', en: 'by' }),
    say({ zh: '时间', en: 'at' }),
  ];
  const rows = grants.map((grant) => [
    showSubject(grant.subject),
    grant.permission,
    showEffect(grant, say),
    showEnd(grant, now, say),
    grant.note ?? '',
    showWho(grant.by),
    formatTime(grant.at),
  ]);
  return table(head, rows);
}

/** When a grant ends, and whether it has. */
export function showEnd(grant: Grant, now: number, say: Say): string {
  if (grant.until === undefined) return say({ zh: '长期', en: '–' });
  const until = formatUntil(grant.until);
  return isExpired(grant, now) ? say({ zh: `${until} 已过期`, en: `${until} expired` }) : until;
}

/** A line for each allowance that was set aside for one of these grants. */
export function showSetAside(grants: readonly Grant[], say: Say): string[] {
  return grants.flatMap(({ subject, permission, setAside = [] }) =>
    setAside.map((each) => {
      const [name, from] = [showSubject(subject), showSubject(firstSubject(each))];
      const terms = showTerms(each, say);
      return say({
        zh: `${name} 的 ${permission} 另有一项已搁置、不生效的授权：${terms}（原授予 ${from}）。改名时新 userid 已有更严格的授权；如果该成员应有此权限，请重新授权`,
        en: `${name} ${permission}: set aside and without effect: ${terms} (made for ${from}). A rename brought it to a stricter grant; if the member should have the permission, grant it again`,
      });
    }),
  );
}
