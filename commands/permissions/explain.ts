import { readingDue } from '../../lib/directory/nextReading.ts';
import { createLog } from '../../lib/log/log.ts';
import { type Decision, evaluate } from '../../lib/permissions/evaluate.ts';
import { createGatherFacts, type MemberFacts } from '../../lib/permissions/facts.ts';
import { type Grant, isExpired } from '../../lib/permissions/grant.ts';
import { createGroupGrants } from '../../lib/permissions/groupGrants.ts';
import { foldUserid } from '../../lib/wecom/userid.ts';
import type { Bilingual, Say } from './language.ts';
import { grantJson, showEffect, showEnd, showSubject, table } from './show.ts';
import { EXIT } from './stop.ts';
import { formatTime } from './until.ts';
import type { Work } from './work.ts';

/**
 * Says whether the member has the permission, and why: by the same code as `verify`, but on what is
 * stored. WeCom is not asked, because it would refuse this machine's address.
 *
 * @returns the exit code
 */
export async function explain(userid: string, permission: string, work: Work): Promise<number> {
  const { options, stage, say, print, now } = work;
  const clock = { now: () => now, sleep: async () => {} };
  const gatherFacts = createGatherFacts(
    stage.table,
    stage.app,
    createGroupGrants(stage.table, stage.app.corpId, clock),
    async (_userid, stored) => stored,
    clock,
  );
  const facts = await gatherFacts(userid, permission, {
    requestId: 'explain',
    deadline: Number.POSITIVE_INFINITY,
    log: createLog({}),
    waitedForWecom: () => {},
    waitUntil: () => {},
  });
  const decision = evaluate(facts, permission, now);
  const explanation = { userid, permission, facts, decision, now };
  print(options.json ? JSON.stringify(json(explanation), null, 2) : text(explanation, say));
  return decision.authorized ? EXIT.done : EXIT.no;
}

interface Explanation {
  readonly userid: string;
  readonly permission: string;
  readonly facts: MemberFacts;
  readonly decision: Decision;
  readonly now: number;
}

function text({ userid, permission, facts, decision, now }: Explanation, say: Say): string {
  const { grants } = facts;
  const member = `user:${foldUserid(userid)}`;
  const groups = (kind: string) =>
    facts.subjects.filter((subject) => subject.startsWith(kind)).map(showSubject);
  const lines = [
    say(
      decision.authorized
        ? { zh: `${member} 可以使用 ${permission}`, en: `${member} may use ${permission}` }
        : { zh: `${member} 不可以使用 ${permission}`, en: `${member} may not use ${permission}` },
    ),
    `  ${say({ zh: '原因', en: 'why        ' })}  ${say(reason(decision))}`,
    `  ${say({ zh: '成员', en: 'member     ' })}  ${say(showMember(facts, now))}`,
  ];
  const departments = groups('department#');
  if (departments.length > 0) {
    const own = facts.membership?.reading?.departments.length ?? 0;
    lines.push(
      `  ${say({ zh: '部门', en: 'departments' })}  ${say(showDepartments(departments, own))}`,
    );
  }
  const tags = groups('tag#');
  if (tags.length > 0) lines.push(`  ${say({ zh: '标签', en: 'tags       ' })}  ${tags.join(' ')}`);
  if (grants.length === 0) return lines.join('\n');

  const head = [
    '',
    say({ zh: '授权对象', en: 'subject' }),
    say({ zh: '权限', en: 'permission' }),
    say({ zh: '效果', en: 'effect' }),
    say({ zh: '有效期', en: 'until' }),
    say({ zh: '备注', en: 'note' }),
  ];
  const rows = grants.map((grant) => [
    say(VERDICTS[verdict(grant, decision, now)]),
    showSubject(grant.subject),
    grant.permission,
    showEffect(grant, say),
    showEnd(grant, now, say),
    grant.note ?? '',
  ]);
  return [...lines, '', table(head, rows)].join('\n');
}

function reason({ reason, grant }: Decision): Bilingual {
  const subject = grant ? showSubject(grant.subject) : '';
  switch (reason) {
    case 'member-gone':
      return {
        zh: '成员已离职、被禁用、未激活，或应用看不到该成员',
        en: "the member left, is disabled or not activated, or is out of the app's sight",
      };
    case 'unknown-member':
      return {
        zh: '没有可用的成员资料，verify 会先向企业微信读取',
        en: 'nothing usable is stored of the member: verify asks WeCom first',
      };
    case 'grants-pending':
      return {
        zh: '该成员自己的授权正在暂停或转移，完成之前一律拒绝',
        en: "the member's own grants are being suspended or moved: refused until that is done",
      };
    case 'denied':
      return { zh: `${subject} 的拒绝优先于任何允许`, en: `the denial of ${subject} wins` };
    case 'allowed':
      return { zh: `${subject} 的允许，且没有拒绝`, en: `the grant of ${subject}, and no denial` };
    case 'no-grant':
      return { zh: '没有适用的授权', en: 'no grant applies' };
  }
}

/** @param own how many of them, the first ones, are the member's own */
function showDepartments(departments: readonly string[], own: number): Bilingual {
  const [mine, above] = [departments.slice(0, own), departments.slice(own)];
  if (above.length === 0) return { zh: mine.join('、'), en: mine.join(', ') };
  return {
    zh: `${mine.join('、')}（上级 ${above.join('、')}）`,
    en: `${mine.join(', ')} (above: ${above.join(', ')})`,
  };
}

function showMember({ membership }: MemberFacts, now: number): Bilingual {
  const reading = membership?.reading;
  if (reading === undefined) return { zh: '尚无资料', en: 'nothing stored yet' };
  const at = formatTime(reading.readAt);
  const due = readingDue(membership, now) !== 'no';
  return {
    zh: `${reading.state === 'active' ? '在职' : '不可用'}（${reading.why}），${at} 读自企业微信${due ? '，verify 会重新读取' : ''}`,
    en: `${reading.state} (${reading.why}), read from WeCom at ${at}${due ? '; verify reads again' : ''}`,
  };
}

type Verdict = 'decides' | 'agrees' | 'overruled' | 'expired' | 'suspended' | 'unused';

const VERDICTS: Record<Verdict, Bilingual> = {
  decides: { zh: '决定', en: 'decides' },
  agrees: { zh: '结果相同', en: 'agrees' },
  overruled: { zh: '被否决', en: 'overruled' },
  expired: { zh: '已过期', en: 'expired' },
  suspended: { zh: '已停用', en: 'suspended' },
  unused: { zh: '未用到', en: 'not used' },
};

function verdict(grant: Grant, { grant: deciding }: Decision, now: number): Verdict {
  if (isExpired(grant, now)) return 'expired';
  if (grant.suspendedAt !== undefined) return 'suspended';
  if (deciding === undefined) return 'unused';
  if (grant === deciding) return 'decides';
  return grant.effect === deciding.effect ? 'agrees' : 'overruled';
}

function json({ userid, permission, facts, decision, now }: Explanation) {
  const { reading } = facts.membership ?? {};
  return {
    userid: foldUserid(userid),
    permission,
    authorized: decision.authorized,
    reason: decision.reason,
    member: facts.member,
    ...(reading && { why: reading.why, readAt: new Date(reading.readAt).toISOString() }),
    subjects: facts.subjects.map(showSubject),
    grants: facts.grants.map((grant) => ({
      verdict: verdict(grant, decision, now),
      ...grantJson(grant, now),
    })),
  };
}
