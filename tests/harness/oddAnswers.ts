import fc from 'fast-check';
import { nameDeniedDepartment, nameTag } from '../../lib/directory/directoryRecord.ts';
import { WecomAuthError } from '../../lib/errors.ts';
import { grantItem } from '../../lib/permissions/grant.ts';
import { SignIn } from '../../lib/signin/signIn.ts';
import { readAnswer } from '../../lib/wecom/answer.ts';
import { getDepartment } from '../../lib/wecom/api/getDepartment.ts';
import { getUser } from '../../lib/wecom/api/getUser.ts';
import type { WecomAnswer, WecomClient } from '../../lib/wecom/client.ts';
import { foldUserid, isUserid } from '../../lib/wecom/userid.ts';
import { newDirectoryInstance } from './directory.ts';
import { createInvocation } from './invocation.ts';
import { createManualClock } from './manualClock.ts';
import type { Tables } from './tables.ts';

/*
 * The result of a sign-in and of a decision when one field of one of WeCom's answers is any JSON value. The
 * suite runs a few hundred of these cases, `npm run bench:answers` 100 000.
 */

/** Any JSON value, often one that is easily read as another. */
export const oddValues = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(null, '', '2', ['2'], [[3]], { id: 3 }, 1.5, -1, true, '03', ' 1', 'x', 'bob'),
);

type Path = readonly (string | number)[];
type Answers = Record<string, WecomAnswer>;

const clientOf =
  (answers: Answers): WecomClient =>
  ({ api }) =>
    readAnswer(api, JSON.stringify(answers[api] ?? {}), []);

/** The answers with one field of one of them replaced. */
function replaced(answers: Answers, path: Path, value: unknown): Answers {
  const copy = structuredClone(answers);
  let at = copy as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) at = at[step] as Record<string | number, unknown>;
  at[path.at(-1) ?? ''] = value;
  return copy;
}

/** The answers that a sign-in reads, about an active member. */
const SIGN_IN: Answers = {
  'auth/getuserinfo': { errcode: 0, userid: 'lisi', user_ticket: 'the-ticket' },
  'auth/getuserdetail': { errcode: 0, userid: 'lisi', mobile: '', email: '', biz_mail: '' },
  'user/get': {
    errcode: 0,
    userid: 'lisi',
    name: '李四',
    position: '',
    department: [3],
    main_department: 3,
    status: 1,
    mobile: '',
    email: '',
    biz_mail: '',
  },
  'department/get': { department: { id: 3, name: '技术部', name_en: '', parentid: 2 } },
};

/** The paths of all fields of a sign-in's answers, objects and lists included. */
export const signInPaths: readonly Path[] = Object.entries(SIGN_IN).flatMap(([api, answer]) =>
  pathsOf(answer).map((path) => [api, ...path]),
);

function pathsOf(value: unknown): Path[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) => {
    const step = Array.isArray(value) ? Number(name) : name;
    return [[step], ...pathsOf(each).map((path) => [step, ...path])];
  });
}

/** @returns what is wrong with how the sign-in ended; nothing if all is right */
export async function signInProblem(path: Path, value: unknown): Promise<string | undefined> {
  const answers = replaced(SIGN_IN, path, value);
  const client = clientOf(answers);
  const signIn = new SignIn({
    client,
    readUser: (userid, invocation) => getUser(client, userid, invocation),
    departments: { read: (id, invocation) => getDepartment(client, id, invocation) },
    clock: createManualClock(),
  });
  const invocation = createInvocation();
  const { userid } = answers['auth/getuserinfo'] ?? {};
  try {
    const visitor = await signIn.redeemCode('the-code', invocation);
    const member = await signIn.readMember(visitor, invocation);
    const { status } = answers['user/get'] ?? {};
    if (typeof userid !== 'string' || !isUserid(userid)) return 'a session for nobody';
    if (foldUserid(member.userid) !== foldUserid(userid)) return 'a session for another member';
    if (status !== 1 && status !== '1') return 'a session for a member who is not active';
    if (Object.values(member).some((text) => typeof text !== 'string'))
      return 'data of another type';
    return undefined;
  } catch (error) {
    return error instanceof WecomAuthError ? undefined : `a defect: ${error}`;
  }
}

/** The answers that a decision reads, about a member who is allowed by a grant to everyone. */
const DECISION: Answers = {
  'user/get': { errcode: 0, userid: 'lisi', status: 1, department: [3] },
  'department/list': {
    errcode: 0,
    department: [
      { id: 1, parentid: 0 },
      { id: 2, parentid: 1 },
      { id: 3, parentid: 2 },
    ],
  },
  'department/get': { department: { id: 3, parentid: 2 } },
  'tag/get': { errcode: 0, userlist: [{ userid: 'lisi' }], partylist: [] },
};

/** The answers of an hour before: the member was in neither of the groups. */
const EARLIER: Answers = {
  ...DECISION,
  'department/list': { department: [1, 3].map((id) => ({ id, parentid: id === 1 ? 0 : 1 })) },
  'department/get': { department: { id: 3, parentid: 1 } },
  'tag/get': { userlist: [], partylist: [] },
};

const DISABLED: Answers = {
  'user/get': { errcode: 0, userid: 'lisi', status: 2, department: [3] },
};
/** A number or text as text, anything else as ''. An object's own `toString` may return anything. */
const plain = (value: unknown) => (/^(number|string)$/.test(typeof value) ? String(value) : '');
const isId = (value: unknown) => /^[1-9]\d*$/.test(plain(value)) && Number(value) < 2 ** 32;
/** With any other errcode, the answer says nothing about the member or group. */
const isErrcode = (value: unknown) => /^-?\d{1,9}$/.test(plain(value));

/** A field that a refusal rests on. */
export interface AlteredField {
  readonly path: Path;
  /** The group whose denial refuses the member; absent: the member is disabled. */
  readonly denied?: 'department#2' | 'tag#7';
  /** Whether the value is another valid one, which may allow. */
  readonly readable: (value: unknown) => boolean;
}

export const alteredFields: readonly AlteredField[] = [
  { path: ['user/get', 'errcode'], readable: isErrcode },
  { path: ['tag/get', 'errcode'], denied: 'tag#7', readable: isErrcode },
  {
    path: ['user/get', 'status'],
    readable: (value) => plain(value) === '1',
  },
  { path: ['user/get', 'userid'], readable: () => false },
  {
    path: ['user/get', 'department'],
    denied: 'department#2',
    readable: (value) => Array.isArray(value) && value.every(isId),
  },
  { path: ['user/get', 'department', 0], denied: 'department#2', readable: isId },
  { path: ['department/list', 'department'], denied: 'department#2', readable: () => false },
  { path: ['department/list', 'department', 2], denied: 'department#2', readable: () => false },
  {
    path: ['department/list', 'department', 2, 'id'],
    denied: 'department#2',
    readable: () => false,
  },
  {
    path: ['department/list', 'department', 2, 'parentid'],
    denied: 'department#2',
    // Not its own parent.
    readable: (value) => value === 0 || value === '0' || (isId(value) && Number(value) !== 3),
  },
  {
    path: ['tag/get', 'userlist'],
    denied: 'tag#7',
    readable: (value) => Array.isArray(value) && value.length === 0,
  },
  { path: ['tag/get', 'userlist', 0], denied: 'tag#7', readable: () => false },
  {
    path: ['tag/get', 'userlist', 0, 'userid'],
    denied: 'tag#7',
    readable: (value) => typeof value === 'string' && /^[\w/.@-]+$/.test(value),
  },
];

let corps = 0;

/** No stored answer of WeCom is fresh after this time, and all may still be used if WeCom fails. */
const EARLIER_MS = 2 * 60 * 60 * 1_000;

/**
 * Whether the member is permitted, on tables with a grant to everyone and the field's denial.
 *
 * @param change the field to replace; absent: all is as it is
 * @param isKnown whether the member is stored as active and in no denied group
 */
export async function decision(
  tables: Tables,
  { path, denied }: AlteredField,
  change?: { readonly value: unknown },
  isKnown = false,
): Promise<boolean> {
  const app = { corpId: `corp${corps++}`, agentId: '1' };
  const { permissions } = tables;
  const about = { permission: 'access', by: 'test', at: 0 } as const;
  const allowance = { ...about, subject: 'everyone', effect: 'allow' } as const;
  await Promise.all([
    nameTag(permissions, app.corpId, 7),
    permissions.put(grantItem(app.corpId, allowance)),
    denied && permissions.put(grantItem(app.corpId, { ...about, subject: denied, effect: 'deny' })),
  ]);
  await nameDeniedDepartment(permissions, app.corpId, 2);
  const whole = { ...DECISION, ...(denied ? {} : DISABLED) };
  const answers = change ? replaced(whole, path, change.value) : whole;
  const clock = createManualClock();
  const verifyWith = async (client: WecomClient) => {
    const parts = { tables, app, clock, client };
    const invocation = createInvocation();
    const { verify } = newDirectoryInstance(parts);
    try {
      return (await verify('lisi', 'access', invocation)).authorized;
    } finally {
      await invocation.settled();
    }
  };
  if (isKnown) {
    if (!(await verifyWith(clientOf(EARLIER)))) throw new Error('The member was refused before');
    clock.time += EARLIER_MS;
  }
  try {
    return await verifyWith(clientOf(answers));
  } catch (error) {
    if (!(error instanceof WecomAuthError)) throw error;
    return false;
  }
}
