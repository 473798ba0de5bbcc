import { fixtureCompany } from './company.ts';
import type { Company, Department, Member, Tag } from './directory/types.ts';

/** The size of a company, in whole numbers. */
export interface CompanySize {
  /** Default 100; at most 1 000 000. */
  members?: number;
  /** The root included. Default 20; at most 100 000. */
  departments?: number;
  /** Levels of departments, the root being the first. Default 5; at most 50 and at most `departments`. */
  depth?: number;
  /** Departments each member is in. Default 1; at most 100 and at most `departments`. */
  departmentsPerMember?: number;
  /** Default 5; at most 10 000. */
  tags?: number;
  /** Members of the first tag. Default and at most: all members. */
  largestTag?: number;
  /** Members of every other tag. Default 20; at most all members. */
  tagSize?: number;
}

const LIMITS = {
  members: 1_000_000,
  departments: 100_000,
  depth: 50,
  departmentsPerMember: 100,
  tags: 10_000,
} as const;

/**
 * A company of this size, the same at every call. Corp, apps with their secrets, and visitors are
 * the fixture company's; the main app, the older app and contacts-sync see everybody, the report app sees
 * department 2 and below. Members are `userIdOf(1)` and so on, all active; departments count from 1, the root,
 * and department `depth` is on the last level; tags count from 1. Tags hold members and no departments.
 *
 * @example
 * const company = companyOfSize({ members: 100_000, departments: 5_000, depth: 10, tags: 100 });
 * const wecom = await startWecom({ company });
 * @throws Error if a size is not a whole number or out of its limits
 */
export function companyOfSize(size: CompanySize = {}): Company {
  const members = within(size.members ?? 100, 1, LIMITS.members, 'members');
  const departments = within(size.departments ?? 20, 1, LIMITS.departments, 'departments');
  const most = (limit: number) => Math.min(limit, departments);
  const depth = within(size.depth ?? most(5), 1, most(LIMITS.depth), 'depth');
  const each = within(
    size.departmentsPerMember ?? 1,
    1,
    most(LIMITS.departmentsPerMember),
    'departmentsPerMember',
  );
  const tags = within(size.tags ?? 5, 0, LIMITS.tags, 'tags');
  const largestTag = within(size.largestTag ?? members, 0, members, 'largestTag');
  const tagSize = within(size.tagSize ?? Math.min(20, members), 0, members, 'tagSize');

  const fixture = fixtureCompany();
  return {
    ...fixture,
    departments: departmentTree(departments, depth, members),
    members: Array.from({ length: members }, (_, at) => memberAt(at, each, departments)),
    tags: Array.from({ length: tags }, (_, at) =>
      tagAt(at, at === 0 ? largestTag : tagSize, members),
    ),
    visitors: fixture.visitors.map((visitor) =>
      visitor.kind === 'customer' ? { ...visitor, follower: userIdOf(1) } : visitor,
    ),
    apps: fixture.apps.map((app) => {
      const seesPart = app.name === '报表' && departments > 1;
      return { ...app, visible: { users: [], parties: [seesPart ? 2 : 1], tags: [] } };
    }),
  };
}

/** The userid of the generated member with this number, from 1. */
export function userIdOf(number: number): string {
  return `member${String(number).padStart(6, '0')}`;
}

/** Departments 1 to `depth` stand below one another; each further one is below an earlier one. */
function departmentTree(count: number, depth: number, members: number): Department[] {
  const tree: Department[] = [];
  const levels: number[] = [];
  for (let id = 1; id <= count; id += 1) {
    let parentid = id <= depth ? id - 1 : Math.ceil(id / 4);
    // A department on the last level has none below it: its parent takes the new one.
    while (id > 1 && (levels[parentid - 1] ?? 0) >= depth) {
      parentid = tree[parentid - 1]?.parentid ?? 1;
    }
    levels.push((levels[parentid - 1] ?? 0) + 1);
    const leader = userIdOf(((id - 1) % members) + 1);
    tree.push({
      id,
      name: `部门${id}`,
      name_en: `Department ${id}`,
      department_leader: [leader],
      parentid,
      order: count - id,
    });
  }
  return tree;
}

function memberAt(at: number, each: number, departments: number): Member {
  const number = at + 1;
  // Neighbouring departments would often be below one another; these are spread over the tree.
  const stride = Math.max(1, Math.floor(departments / each));
  const department = Array.from(
    { length: each },
    (_, nth) => ((at + nth * stride) % departments) + 1,
  );
  return {
    userid: userIdOf(number),
    name: `成员${number}`,
    department,
    main_department: department[0] ?? 1,
    position: '员工',
    status: 1,
    gender: number % 2 === 0 ? '2' : '1',
    mobile: `1${String(number).padStart(10, '0')}`,
    email: `${userIdOf(number)}@company.example`,
  };
}

function tagAt(at: number, size: number, members: number): Tag {
  const first = at === 0 ? 0 : at * size;
  return {
    tagid: at + 1,
    tagname: `标签${at + 1}`,
    userlist: Array.from({ length: size }, (_, nth) => userIdOf(((first + nth) % members) + 1)),
    partylist: [],
  };
}

function within(value: number, min: number, max: number, name: string): number {
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw new Error(`${name} must be a whole number from ${min} to ${max}, not ${value}`);
  }
  return value;
}
