import type { Steering } from './admin.ts';
import { type Flags, listed, numbers, wholeNumber } from './flags.ts';
import { say, type Text, UserError } from './language.ts';
import { IS_PACKAGE, PROGRAM } from './program.ts';

/** The commands that change the company. WeCom pushes an event for each change. */
export const COMPANY_COMMANDS: Readonly<Record<string, (steering: Steering) => Promise<unknown>>> =
  {
    join,
    leave,
    rename,
    member: changeMember,
    tag: changeTag,
    department: changeDepartment,
    app: changeApp,
  };

const needs = (command: string, example: string): Text => ({
  en: `${command} needs a userid, as in: ${PROGRAM} ${example}`,
  zh: `${command} 需要 userid，例如：${PROGRAM} ${example}`,
});

async function leave({ words, ask }: Steering): Promise<string> {
  if (words.length === 0) throw new UserError(needs('leave', 'leave user123'));
  for (const userid of words) await ask('DELETE', `members/${encodeURIComponent(userid)}`);
  return say({
    en: `${words.join(', ')} left the company. To bring them back: join ${words.join(' ')}`,
    zh: `${words.join('、')} 已离开企业。恢复：join ${words.join(' ')}`,
  });
}

async function rename({ words: [userid, renamed], ask }: Steering): Promise<string> {
  if (userid === undefined || renamed === undefined) {
    throw new UserError(needs('rename', 'rename user123 zhang.san'));
  }
  await ask('POST', `members/${encodeURIComponent(userid)}/rename`, { userid: renamed });
  return say({ en: `${userid} is now ${renamed}`, zh: `${userid} 已改为 ${renamed}` });
}

function changeMember({ words: [userid], flags, ask }: Steering): Promise<unknown> {
  if (userid === undefined) throw new UserError(needs('member', 'member user123 --status 2'));
  return ask('PATCH', `members/${encodeURIComponent(userid)}`, {
    ...memberFields(flags),
    ...(flags.userid !== undefined && { userid: flags.userid }),
  });
}

function memberFields(flags: Flags) {
  return {
    ...(flags.status !== undefined && { status: wholeNumber(flags.status, '--status') }),
    ...(flags.department !== undefined && {
      department: numbers(flags.department, '--department'),
    }),
    ...(flags.name !== undefined && { name: flags.name }),
  };
}

/** Adds a new member if there are a name and a department; otherwise a member who left returns. */
async function join({ words, flags, ask }: Steering): Promise<string> {
  const fields = memberFields(flags);
  const isNew = flags.name !== undefined && flags.department !== undefined;
  const [userid, ...others] = words;
  if (userid === undefined) throw new UserError(needs('join', 'join user123'));
  if (isNew && others.length > 0) {
    throw new UserError({
      en: 'join takes one new member at a time',
      zh: 'join 一次只能加入一名新成员',
    });
  }
  for (const each of words) {
    if (isNew) await ask('POST', 'members', { userid: each, ...fields });
    else await ask('POST', `members/${encodeURIComponent(each)}/rejoin`, fields);
  }
  if (isNew) return say({ en: `${userid} joined the company`, zh: `${userid} 已加入企业` });
  const joined = {
    en: `${words.join(', ')} joined the company`,
    zh: `${words.join('、')} 已加入企业`,
  };
  if (IS_PACKAGE) return say(joined);
  return say({
    en: `${joined.en}. After leaving, a member is refused for one minute, and their allowances stay suspended: npm run permissions -- reinstate user:${userid}`,
    zh: `${joined.zh}。离职后一分钟内仍会被拒绝，停用的授权须由管理员恢复：npm run permissions -- reinstate user:${userid}`,
  });
}

function changeTag({ words: [tagid], flags, ask }: Steering): Promise<unknown> {
  const departments = (given: string[] = []) =>
    given.flatMap((text) => numbers(text, 'a department'));
  return ask('PATCH', `tags/${wholeNumber(tagid ?? '', 'the tag')}`, {
    addUsers: (flags.add ?? []).flatMap(listed),
    delUsers: (flags.remove ?? []).flatMap(listed),
    addParties: departments(flags['add-department']),
    delParties: departments(flags['remove-department']),
  });
}

function changeDepartment({ words: [id], flags, ask }: Steering): Promise<unknown> {
  return ask('PATCH', `departments/${wholeNumber(id ?? '', 'the department')}`, {
    ...(flags.name !== undefined && { name: flags.name }),
    ...(flags.parent !== undefined && { parentid: wholeNumber(flags.parent, '--parent') }),
  });
}

function changeApp({ words: [agentid], flags, ask }: Steering): Promise<unknown> {
  const { users, departments, tags } = flags;
  const ranged = users !== undefined || departments !== undefined || tags !== undefined;
  return ask('PATCH', `apps/${wholeNumber(agentid ?? '', 'the agentid')}`, {
    ...(ranged && {
      visible: {
        users: listed(users ?? ''),
        parties: numbers(departments ?? '', '--departments'),
        tags: numbers(tags ?? '', '--tags'),
      },
    }),
    ...((flags.enable || flags.disable) && { enabled: flags.enable === true }),
    ...(flags['trusted-ips'] !== undefined && { trusted_ips: listed(flags['trusted-ips']) }),
    ...(flags['any-ip'] && { trusted_ips: null }),
  });
}
