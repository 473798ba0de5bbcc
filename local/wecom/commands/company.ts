import type { Steering } from './admin.ts';
import { type Flags, listed, numbers, wholeNumber } from './flags.ts';

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

async function leave({ words, ask }: Steering): Promise<string> {
  if (words.length === 0) throw new Error('leave needs a userid');
  for (const userid of words) await ask('DELETE', `members/${encodeURIComponent(userid)}`);
  return 'ok';
}

async function rename({ words: [userid, renamed], ask }: Steering): Promise<string> {
  if (userid === undefined || renamed === undefined) {
    throw new Error('rename needs a userid and the new one');
  }
  await ask('POST', `members/${encodeURIComponent(userid)}/rename`, { userid: renamed });
  return 'ok';
}

function changeMember({ words: [userid], flags, ask }: Steering): Promise<unknown> {
  if (userid === undefined) throw new Error('member needs a userid');
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
  if (userid === undefined) throw new Error('join needs a userid');
  if (isNew && others.length > 0) throw new Error('join takes one new member at a time');
  for (const each of words) {
    if (isNew) await ask('POST', 'members', { userid: each, ...fields });
    else await ask('POST', `members/${encodeURIComponent(each)}/rejoin`, fields);
  }
  return 'ok';
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
