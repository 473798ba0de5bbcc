import {
  afterEvent,
  isYetToBeRead,
  reason,
  showMember,
  type Verdict,
  verdict,
} from '../../lib/administration/explanation.ts';
import { grantJson, showSubject } from '../../lib/administration/grantJson.ts';
import type { Bilingual } from '../../lib/bilingual.ts';
import type { TimeSource } from '../../lib/clock.ts';
import { createLog } from '../../lib/log/log.ts';
import { type Decision, evaluate } from '../../lib/permissions/evaluate.ts';
import { GroupGrants } from '../../lib/permissions/groupGrants.ts';
import { subjectKey } from '../../lib/permissions/subject.ts';
import {
  gatherFacts,
  type MemberFacts,
  type MemberPermissionsParts,
} from '../../lib/permissions/verify.ts';
import { foldUserid } from '../../lib/wecom/userid.ts';
import { EXIT } from '../administration/exit.ts';
import { table } from '../administration/output.ts';
import type { Stage } from '../administration/stage.ts';
import { showEffect, showEnd, showSetAside } from './show.ts';
import type { Work } from './work.ts';

/**
 * Prints whether the member has the permission, and why: with the code of `verify`, but from stored data only,
 * because WeCom refuses calls from this machine's address.
 *
 * @returns the exit code
 */
export async function explain(userid: string, permission: string, work: Work): Promise<number> {
  const { options, stage, print, now, clock } = work;
  const { facts, decision } = await decide(userid, permission, stage, clock);
  const explanation = { userid, permission, facts, decision, now };
  print(options.json ? JSON.stringify(json(explanation), null, 2) : text(explanation, work));
  return decision.authorized ? EXIT.done : EXIT.no;
}

/** Makes the decision from stored data. @throws StoreUnavailable */
export async function decide(
  userid: string,
  permission: string,
  { table, app }: Pick<Stage, 'table' | 'app'>,
  clock: TimeSource,
): Promise<{ readonly facts: MemberFacts; readonly decision: Decision }> {
  const parts: MemberPermissionsParts = {
    table,
    app,
    groupGrants: new GroupGrants({ table, corpId: app.corpId, clock }),
    renew: async (_userid, stored) => stored,
    clock,
  };
  const facts = await gatherFacts(parts, userid, permission, {
    requestId: 'explain',
    deadline: Number.POSITIVE_INFINITY,
    log: createLog({}),
    waitedForWecom: () => {},
    count: () => {},
    note: () => {},
    noteMember: () => {},
    waitUntil: () => {},
  });
  return { facts, decision: evaluate(facts, permission, clock.now()) };
}

/** One line: whether the member has the permission, and why. @throws StoreUnavailable */
export async function explainBriefly(
  userid: string,
  permission: string,
  { stage, say, clock, now }: Work,
): Promise<string> {
  const { facts, decision } = await decide(userid, permission, stage, clock);
  const member = `user:${foldUserid(userid)}`;
  const why = reason(decision, facts);
  const { zh, en } = decision.authorized
    ? { zh: '', en: '' }
    : afterEvent(facts.membership?.goneUntil, now);
  return say(
    decision.authorized
      ? { zh: `${member} 可以使用 ${permission}`, en: `${member} may use ${permission}` }
      : {
          zh: `${member} 仍不可以使用 ${permission}：${why.zh}${zh}`,
          en: `${member} still may not use ${permission}: ${why.en}${en}`,
        },
  );
}

interface Explanation {
  readonly userid: string;
  readonly permission: string;
  readonly facts: MemberFacts;
  readonly decision: Decision;
  readonly now: number;
}

function text(
  { userid, permission, facts, decision, now }: Explanation,
  { say, commandLine }: Work,
): string {
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
    `  ${say({ zh: '原因', en: 'why        ' })}  ${say(reason(decision, facts))}`,
    `  ${say({ zh: '成员', en: 'member     ' })}  ${say(showMember(facts, now))}`,
  ];
  const departments = groups('department#');
  if (departments.length > 0) {
    const own = facts.membership?.snapshot?.departments.length ?? 0;
    lines.push(
      `  ${say({ zh: '部门', en: 'departments' })}  ${say(showDepartments(departments, own))}`,
    );
  }
  const tags = groups('tag#');
  if (tags.length > 0) lines.push(`  ${say({ zh: '标签', en: 'tags       ' })}  ${tags.join(' ')}`);
  const unreadable = showUnreadable(facts);
  if (unreadable) lines.push(`  ${say({ zh: '无法读取', en: 'unreadable ' })}  ${say(unreadable)}`);
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
    say(VERDICTS[verdict(grant, { facts, decision, now })]),
    showSubject(grant.subject),
    grant.permission,
    showEffect(grant, say),
    showEnd(grant, now, say),
    grant.note ?? '',
  ]);
  const suspended = grants.some(
    (grant) =>
      grant.suspendedAt !== undefined && grant.subject === subjectKey({ kind: 'member', userid }),
  );
  const command = commandLine(`permissions -- reinstate ${member}`);
  const remedy = suspended
    ? [
        say({
          zh: `已停用的授权由管理员恢复：${command}`,
          en: `An administrator gives suspended grants back: ${command}`,
        }),
      ]
    : [];
  return [...lines, '', table(head, rows), ...remedy, ...showSetAside(grants, say)].join('\n');
}

/** The groups of which WeCom does not show whether the member belongs to them. */
function showUnreadable(facts: MemberFacts): Bilingual | undefined {
  const { unreadable, membership } = facts;
  const tags = unreadable
    .filter((subject) => subject.startsWith('tag#') && !isYetToBeRead(subject, facts))
    .map(showSubject);
  const above = membership?.groups?.ancestorsKnown === false;
  if (tags.length === 0 && !above) return undefined;
  return {
    zh: [...tags, ...(above ? ['上级部门'] : [])].join('、'),
    en: [...tags, ...(above ? ['the departments above'] : [])].join(', '),
  };
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

const VERDICTS: Record<Verdict, Bilingual> = {
  decides: { zh: '决定', en: 'decides' },
  agrees: { zh: '结果相同', en: 'agrees' },
  overruled: { zh: '被否决', en: 'overruled' },
  expired: { zh: '已过期', en: 'expired' },
  suspended: { zh: '已停用', en: 'suspended' },
  unreadable: { zh: '对象无法读取', en: 'unreadable' },
  unused: { zh: '未用到', en: 'not used' },
};

function json({ userid, permission, facts, decision, now }: Explanation) {
  const { snapshot } = facts.membership ?? {};
  return {
    userid: foldUserid(userid),
    permission,
    authorized: decision.authorized,
    reason: decision.reason,
    member: facts.member,
    ...(snapshot && { why: snapshot.why, readAt: new Date(snapshot.readAt).toISOString() }),
    subjects: facts.subjects.map(showSubject),
    unreadable: facts.unreadable.map(showSubject),
    grants: facts.grants.map((grant) => ({
      verdict: verdict(grant, { facts, decision, now }),
      ...grantJson(grant, now),
    })),
  };
}
