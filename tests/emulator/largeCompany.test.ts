import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { companyOfSize, userIdOf } from '../../packages/emulator/source/companyOfSize.ts';
import {
  type Administrator,
  administrator,
} from '../../packages/emulator/source/directory/administrator.ts';
import type { Change } from '../../packages/emulator/source/directory/change.ts';
import { Directory } from '../../packages/emulator/source/directory/directory.ts';
import type {
  App,
  Company,
  Department,
  Member,
} from '../../packages/emulator/source/directory/types.ts';
import { emulator, MAIN_AGENT } from './emulator.ts';
import { receiver } from './receiver.ts';

/** Levels from the root to this department. */
function levelOf(company: Company, department: Department): number {
  let level = 1;
  for (let at = department; at.parentid !== 0; level += 1) {
    const parent = company.departments.find(({ id }) => id === at.parentid);
    if (parent === undefined) throw new Error(`department ${at.id} has no parent`);
    at = parent;
  }
  return level;
}

describe('companyOfSize', () => {
  it('builds exactly the company that is asked for', () => {
    fc.assert(
      fc.property(
        fc.record({
          members: fc.integer({ min: 1, max: 60 }),
          departments: fc.integer({ min: 1, max: 60 }),
          tags: fc.integer({ min: 0, max: 5 }),
        }),
        fc.nat(),
        fc.nat(),
        ({ members, departments, tags }, some, more) => {
          const depth = 1 + (some % Math.min(departments, 50));
          const departmentsPerMember = 1 + (more % departments);
          const tagSize = more % members;
          const size = { members, departments, depth, departmentsPerMember, tags, tagSize };
          const company = companyOfSize(size);
          expect(company.departments.map(({ id }) => id)).toEqual(
            Array.from({ length: departments }, (_, at) => at + 1),
          );
          const levels = company.departments.map((each) => levelOf(company, each));
          expect(Math.max(...levels)).toBe(depth);
          expect(new Set(company.members.map(({ userid }) => userid)).size).toBe(members);
          for (const { department } of company.members) {
            expect(new Set(department).size).toBe(departmentsPerMember);
          }
          expect(company.tags.map(({ userlist }) => new Set(userlist).size)).toEqual(
            Array.from({ length: tags }, (_, at) => (at === 0 ? members : tagSize)),
          );
          expect(companyOfSize(size)).toEqual(company);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('refuses a size that is none', () => {
    for (const size of [
      { members: 0 },
      { members: 1.5 },
      { members: Number.NaN },
      { members: 2_000_000 },
      { departments: 3, depth: 4 },
      { members: 5, largestTag: 6 },
      { departments: 2, departmentsPerMember: 3 },
    ]) {
      expect(() => companyOfSize(size)).toThrow(/must be a whole number from/);
    }
  });
});

describe('a company of 100 000 members', () => {
  it('is answered for whole: a tag of all members, 5 000 departments, and a change of one member', async () => {
    const company = companyOfSize({ members: 100_000, departments: 5_000, depth: 10, tags: 100 });
    const wecom = await emulator({ company });
    const access_token = await wecom.token();
    const tag = await wecom.get('tag/get', { access_token, tagid: 1 });
    expect(tag['userlist']).toHaveLength(100_000);
    const list = await wecom.get('department/list', { access_token });
    expect(list['department']).toHaveLength(5_000);
    const last = userIdOf(100_000);
    wecom.administrator.update(last, { status: 2, department: [5_000] });
    expect(await wecom.get('user/get', { access_token, userid: last })).toMatchObject({
      status: 2,
      department: [5_000],
    });
    wecom.administrator.leave(last);
    const rest = await wecom.get('tag/get', { access_token, tagid: 1 });
    expect(rest['userlist']).toHaveLength(99_999);
  });

  it('is shown in part on the authorize page', async () => {
    const wecom = await emulator({ company: companyOfSize({ members: 5_000 }) });
    const query = new URLSearchParams({
      appid: wecom.company.corpid,
      redirect_uri: 'http://localhost:3000/',
      response_type: 'code',
      scope: 'snsapi_base',
      agentid: String(MAIN_AGENT),
    });
    const page = await fetch(`${wecom.url}/connect/oauth2/authorize?${query}`);
    const text = await page.text();
    expect(text).toContain(userIdOf(200));
    expect(text).not.toContain(userIdOf(201));
    expect(text).toContain('5000');
  });

  it('is told of by a hundred pushes at a time', async () => {
    let open = 0;
    let most = 0;
    const { target, received } = await receiver(() => ({}));
    const wecom = await emulator({
      company: companyOfSize({ members: 500 }),
      callbacks: { app: target },
      delay: (_ms, signal) => {
        // Each push under way waits for its time limit.
        open += 1;
        most = Math.max(most, open);
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            open -= 1;
            reject(new Error('ended'));
          });
        });
      },
    });
    wecom.administrator.updateApp(MAIN_AGENT, { visible: { users: [], parties: [], tags: [] } });
    await wecom.callbacks.settled();
    expect(received).toHaveLength(500);
    expect(most).toBe(100);
  });
});

describe('an emulator that closes', () => {
  it('begins none of the pushes that wait for others', async () => {
    const { target } = await receiver(() => ({}));
    const wecom = await emulator({
      company: companyOfSize({ members: 500 }),
      callbacks: { app: target },
      // No time limit ends a push: only the end of the emulator does.
      delay: (_ms, signal) =>
        new Promise((_resolve, reject) => {
          if (signal.aborted) reject(new Error('ended'));
          else signal.addEventListener('abort', () => reject(new Error('ended')));
        }),
    });
    wecom.administrator.updateApp(MAIN_AGENT, { visible: { users: [], parties: [], tags: [] } });
    await wecom.close();
    const deliveries = wecom.callbacks.deliveries();
    expect(deliveries).toHaveLength(500);
    expect(deliveries.filter(({ attempts }) => attempts.length > 0).length).toBeLessThan(101);
    expect(deliveries.map(({ state }) => state)).not.toContain('under way');
  });
});

/* What the indexes say, worked out from the company itself. */

function departmentsBelow(company: Company, id: number): number[] {
  if (!company.departments.some((each) => each.id === id)) return [];
  const children = company.departments.filter(({ parentid }) => parentid === id);
  return [id, ...children.flatMap((child) => departmentsBelow(company, child.id))];
}

function isVisible(company: Company, app: App, member: Member): boolean {
  if (app.kind === 'contacts-sync') return true;
  const tags = company.tags.filter(({ tagid }) => app.visible.tags.includes(tagid));
  const names = [...app.visible.users, ...tags.flatMap(({ userlist }) => userlist)];
  const parties = [...app.visible.parties, ...tags.flatMap(({ partylist }) => partylist)];
  const departments = parties.flatMap((id) => departmentsBelow(company, id));
  return names.includes(member.userid) || member.department.some((id) => departments.includes(id));
}

/** `agentid` and userid of each member that counts as the app's. */
function membersOfApps(company: Company): Map<string, Member> {
  return new Map(
    company.apps
      .filter(({ kind }) => kind === 'app')
      .flatMap((app) =>
        company.members
          .filter((member) => member.status === 1 && isVisible(company, app, member))
          .map((member) => [`${app.agentid} ${member.userid}`, member] as const),
      ),
  );
}

describe('the indexes', () => {
  it('say after every change what the company says, and pushes tell what changed', () => {
    const number = fc.integer({ min: 0, max: 9 });
    const step = fc.tuple(fc.constantFrom(...Object.keys(STEPS)), number, number);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const company = companyOfSize({
          members: 8,
          departments: 9,
          depth: 4,
          tags: 3,
          tagSize: 2,
        });
        const [app] = company.apps;
        if (app !== undefined) app.visible = { users: [userIdOf(1)], parties: [2], tags: [2, 3] };
        const directory = new Directory(company);
        let told: Change[] = [];
        const admin = administrator(directory, (changes) => {
          told.push(...changes);
        });
        for (const [name, one, two] of steps) {
          told = [];
          const before = membersOfApps(company);
          const gone = new Map([...before].map(([key, { userid }]) => [key, userid]));
          apply(admin, company, name, one, two);
          const after = membersOfApps(company);
          checkIndexes(directory);
          const key = (change: Change) =>
            'userid' in change ? `${change.kind} ${change.agentid} ${change.userid}` : '';
          // A rename keeps the member: compared by object.
          const had = (member: Member, agentid: string) =>
            [...before].some(([each, kept]) => kept === member && each.startsWith(`${agentid} `));
          const has = (member: Member, agentid: string) =>
            [...after].some(([each, kept]) => kept === member && each.startsWith(`${agentid} `));
          const agent = (each: string) => each.split(' ')[0] ?? '';
          const expected = [
            ...[...before]
              .filter(([each, member]) => !has(member, agent(each)))
              .map(([each]) => `unsubscribe ${agent(each)} ${gone.get(each)}`),
            ...[...after]
              .filter(([each, member]) => !had(member, agent(each)))
              .map(([each]) => `subscribe ${each}`),
          ];
          expect(
            told
              .map(key)
              .filter((each) => each !== '')
              .sort(),
          ).toEqual(expected.sort());
        }
      }),
      {
        numRuns: 300,
        examples: [
          [
            [
              ['deleteTag', 0, 0],
              ['range', 0, 3],
              ['createTag', 0, 0],
            ],
          ],
        ],
      },
    );
  });
});

/** What the numbers of a step choose. */
interface Choice {
  one: number;
  two: number;
  member: string;
  department: number;
  tagid: number;
}

const STEPS: Readonly<Record<string, (admin: Administrator, choice: Choice) => void>> = {
  leave: (admin, { member }) => admin.leave(member),
  rejoin: (admin, { one }) => admin.rejoin(userIdOf(one)),
  rename: (admin, { member, two }) => admin.update(member, { userid: userIdOf(two) }),
  status: (admin, { member, two }) => admin.update(member, { status: two % 2 === 0 ? 1 : 2 }),
  move: (admin, { member, department }) => admin.update(member, { department: [department] }),
  tagUser: (admin, { member, tagid }) => admin.tag(tagid, { addUsers: [member] }),
  untagUser: (admin, { member, tagid }) => admin.tag(tagid, { delUsers: [member] }),
  tagParty: (admin, { department, tagid }) => admin.tag(tagid, { addParties: [department] }),
  untagParty: (admin, { department, tagid }) => admin.tag(tagid, { delParties: [department] }),
  deleteTag: (admin, { tagid }) => admin.deleteTag(tagid),
  createTag: (admin, { member, department, tagid }) =>
    admin.createTag({ tagid, tagname: 'new', userlist: [member], partylist: [department] }),
  moveDepartment: (admin, { one, two }) => admin.updateDepartment(one, { parentid: two }),
  removeDepartment: (admin, { department }) => admin.deleteDepartment(department),
  range: (admin, { member, department, tagid }) =>
    admin.updateApp(MAIN_AGENT, {
      visible: { users: [member], parties: [department], tags: [tagid] },
    }),
};

/** One change, or nothing where the administrator refuses it. */
function apply(
  admin: Administrator,
  company: Company,
  step: string,
  one: number,
  two: number,
): void {
  const { members, departments } = company;
  const member = members[one % Math.max(1, members.length)]?.userid ?? '';
  const department = departments[two % departments.length]?.id ?? 1;
  try {
    STEPS[step]?.(admin, { one, two, member, department, tagid: 1 + ((one + two) % 3) });
  } catch (error) {
    expect(String(error)).toMatch(
      /there is no|a member already|has not left|has members|below itself|exists/,
    );
  }
}

function checkIndexes(directory: Directory): void {
  const { company } = directory;
  for (const member of company.members) {
    expect(directory.member(member.userid.toUpperCase())).toBe(member);
    for (const app of company.apps) {
      expect(directory.isVisible(app, member)).toBe(isVisible(company, app, member));
    }
  }
  for (let id = 1; id <= 9; id += 1) {
    const below = directory.departmentsBelow(id).map((each) => each.id);
    expect(below.sort()).toEqual(departmentsBelow(company, id).sort());
    const members = company.members.filter(({ department }) => department.includes(id));
    expect(new Set(directory.membersOf(id))).toEqual(new Set(members));
  }
  const known = new Set(company.members.map(({ userid }) => userid));
  for (const { userlist } of company.tags) {
    expect(userlist.filter((userid) => !known.has(userid))).toEqual([]);
    expect(new Set(userlist).size).toBe(userlist.length);
  }
}
