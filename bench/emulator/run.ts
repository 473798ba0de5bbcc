import { parseArgs } from 'node:util';
import { companyOfSize, userIdOf } from '../../packages/emulator/source/companyOfSize.ts';
import type { Company } from '../../packages/emulator/source/directory/types.ts';
import { startWecom, type Wecom } from '../../packages/emulator/source/server.ts';
import { type Budget, keepBudgets } from '../measure/budget.ts';
import { machine } from '../measure/report.ts';
import { quantile } from '../measure/spread.ts';

/*
 * npm run bench:emulator -- [--members 100000] [--departments 5000] [--depth 10] [--tags 100] [--samples 200]
 *
 * Measures the emulator with a large company: the start, each change by the administrator, and its largest
 * responses over HTTP. Prints the results; exits with 1 if a bound is missed.
 */

const BOUNDS_MS = { ready: 5_000, change: 50 };
/** The numbers of new tags begin here. */
const NEW_TAG = 1_000_000;

const { values } = parseArgs({
  options: {
    members: { type: 'string', default: '100000' },
    departments: { type: 'string', default: '5000' },
    depth: { type: 'string', default: '10' },
    tags: { type: 'string', default: '100' },
    samples: { type: 'string', default: '200' },
  },
});
const members = Number(values.members);
const departments = Number(values.departments);
const depth = Number(values.depth);
const tags = Number(values.tags);
const samples = Number(values.samples);

interface Row {
  what: string;
  timesMs: number[];
  boundMs?: number;
}

const began = performance.now();
const company = companyOfSize({ members, departments, depth, tags });
const wecom = await startWecom({ company });
const readyMs = performance.now() - began;
try {
  const rows: Row[] = [
    { what: 'company generated and emulator ready', timesMs: [readyMs], boundMs: BOUNDS_MS.ready },
    ...changes(wecom),
    ...(await answers(wecom, company)),
    ...(await writes(wecom, company)),
  ];
  print(rows);
  keepBudgets('emulator-run', budgetsOf(rows));
  const isMissed = ({ timesMs, boundMs }: Row) =>
    boundMs !== undefined && Math.max(...timesMs) > boundMs;
  process.exitCode = rows.some(isMissed) ? 1 : 0;
} finally {
  await wecom.close();
}

/** The start, and the slowest of all bounded changes. */
function budgetsOf(rows: readonly Row[]): Budget[] {
  const worst = (boundMs: number) =>
    Math.max(...rows.filter((row) => row.boundMs === boundMs).flatMap(({ timesMs }) => timesMs));
  return [
    [`the emulator with ${members} members is ready`, BOUNDS_MS.ready] as const,
    ['a change of one member, department or tag there, the slowest', BOUNDS_MS.change] as const,
  ].map(([what, boundMs]) => ({
    what,
    limit: `≤ ${boundMs} ms`,
    measured: `${worst(boundMs).toFixed(1)} ms`,
    isMet: worst(boundMs) <= boundMs,
  }));
}

/** Measures each kind of change, for members spread over the company. */
function changes({ administrator }: Wecom): Row[] {
  const measured = (what: string, change: (userid: string, sample: number) => void): Row => {
    const timesMs = Array.from({ length: samples }, (_, sample) => {
      const userid = userIdOf(1 + Math.floor((sample * members) / samples));
      const start = performance.now();
      change(userid, sample);
      return performance.now() - start;
    });
    return { what, timesMs, boundMs: BOUNDS_MS.change };
  };
  return [
    measured('disable a member', (userid) => administrator.update(userid, { status: 2 })),
    measured('move a member', (userid, sample) =>
      administrator.update(userid, { department: [1 + (sample % departments)] }),
    ),
    measured('rename a member', (userid) =>
      administrator.update(userid, { userid: `x.${userid}` }),
    ),
    measured('rename back', (userid) => administrator.update(`x.${userid}`, { userid })),
    measured('untag a member', (userid) => administrator.tag(1, { delUsers: [userid] })),
    measured('tag a member', (userid) => administrator.tag(1, { addUsers: [userid] })),
    measured('a member leaves', (userid) => administrator.leave(userid)),
    measured('the member comes back', (userid) => administrator.rejoin(userid)),
    measured('rename a department', (_, sample) =>
      administrator.updateDepartment(2, { name: `bench ${sample}` }),
    ),
    measured('create a tag', (userid, sample) =>
      administrator.createTag({
        tagid: NEW_TAG + sample,
        tagname: `bench ${sample}`,
        userlist: [userid],
        partylist: [2],
      }),
    ),
    measured('delete a tag', (_, sample) => administrator.deleteTag(NEW_TAG + sample)),
    measured('tag a department', () => administrator.tag(1, { addParties: [2] })),
    measured('untag a department', () => administrator.tag(1, { delParties: [2] })),
    measured('move a department', (_, sample) =>
      administrator.updateDepartment(departments, { parentid: 1 + (sample % 2) }),
    ),
    ...rangeChanges(administrator),
  ];
}

/** Changes of many members at once. They have no bound. */
function rangeChanges(administrator: Wecom['administrator']): Row[] {
  const app = company.apps.find(({ kind }) => kind === 'app');
  if (app === undefined) throw new Error('the company has no app');
  const alternating = (what: string, change: (isEven: boolean) => void): Row => {
    const timesMs = Array.from({ length: Math.min(samples, 20) }, (_, sample) => {
      const start = performance.now();
      change(sample % 2 === 0);
      return performance.now() - start;
    });
    return { what, timesMs };
  };
  const show = (parties: number[], tags: number[]) =>
    administrator.updateApp(app.agentid, { visible: { users: [], parties, tags } });
  const everybody = userIdsFrom(1, members);
  const rows = [
    alternating('an app sees nobody, or all departments', (isEven) => show(isEven ? [] : [1], [])),
    alternating('an app sees nobody, or a tag of everybody', (isEven) =>
      show([], isEven ? [1] : []),
    ),
    alternating('1 000 leave a tag, or come back', (isEven) => {
      const userids = everybody.slice(0, 1_000);
      administrator.tag(1, isEven ? { delUsers: userids } : { addUsers: userids });
    }),
    // 报表 sees department 2 and what is below it: most of the company enters and leaves its range.
    alternating('the departments below 3 enter and leave a range', (isEven) =>
      administrator.updateDepartment(3, { parentid: isEven ? 1 : 2 }),
    ),
  ];
  show([1], []);
  return rows;
}

function userIdsFrom(first: number, count: number): string[] {
  return Array.from({ length: count }, (_, at) => userIdOf(first + at));
}

/** Measures changes and messages by the API, over HTTP. */
async function writes({ url }: Wecom, { corpid, apps }: Company): Promise<Row[]> {
  const tokenOf = async (kind: 'app' | 'contacts-sync') => {
    const corpsecret = apps.find((app) => app.kind === kind)?.secret ?? '';
    const response = await fetch(
      `${url}/cgi-bin/gettoken?${new URLSearchParams({ corpid, corpsecret })}`,
    );
    return ((await response.json()) as { access_token: string }).access_token;
  };
  const agentid = apps.find(({ kind }) => kind === 'app')?.agentid;
  const tokens = { app: await tokenOf('app'), sync: await tokenOf('contacts-sync') };
  const measured = async (
    path: string,
    token: string,
    bodyOf: (sample: number) => object,
    what = path,
    bounded = true,
  ): Promise<Row> => {
    const timesMs: number[] = [];
    for (let sample = 0; sample < Math.min(samples, 20); sample += 1) {
      const start = performance.now();
      const response = await fetch(`${url}/cgi-bin/${path}?access_token=${token}`, {
        method: 'POST',
        body: JSON.stringify(bodyOf(sample)),
      });
      const answer = (await response.json()) as Record<string, unknown>;
      timesMs.push(performance.now() - start);
      if (answer['errcode'] !== 0) throw new Error(`${path}: ${answer['errmsg']}`);
    }
    return { what, timesMs, ...(bounded && { boundMs: BOUNDS_MS.change }) };
  };
  const text = { agentid, msgtype: 'text', text: { content: 'x' } };
  const toMany = (receivers: object) =>
    measured(
      'message/send',
      tokens.app,
      () => ({ ...text, ...receivers }),
      `message/send to everybody, ${Object.keys(receivers)[0]}`,
      false,
    );
  const userid = (sample: number) => `bench.${sample}`;
  return [
    await measured('user/create', tokens.sync, (sample) => ({
      userid: userid(sample),
      name: 'x',
      mobile: `199${String(sample).padStart(8, '0')}`,
      email: `bench${sample}@bench.example`,
      department: [departments],
    })),
    await measured('user/update', tokens.sync, (sample) => ({
      userid: userid(sample),
      mobile: `198${String(sample).padStart(8, '0')}`,
      department: [1],
    })),
    await measured('user/batchdelete', tokens.sync, (sample) => ({ useridlist: [userid(sample)] })),
    await measured('department/create', tokens.sync, (sample) => ({
      name: `new ${sample}`,
      parentid: 1,
    })),
    await measured('department/update', tokens.sync, (sample) => ({
      id: departments,
      parentid: 1 + (sample % 2),
    })),
    await measured('tag/create', tokens.sync, (sample) => ({ tagname: `bench ${sample}` })),
    await measured('message/send', tokens.app, () => ({ ...text, touser: userIdOf(1) })),
    await toMany({ touser: '@all' }),
    await toMany({ toparty: '1' }),
    await toMany({ totag: '1' }),
  ];
}

async function answers({ url }: Wecom, { corpid, apps }: Company): Promise<Row[]> {
  const secret = apps.find(({ kind }) => kind === 'app')?.secret ?? '';
  const get = async (path: string, query: Record<string, string>, init?: RequestInit) => {
    const response = await fetch(`${url}/cgi-bin/${path}?${new URLSearchParams(query)}`, init);
    const answer = (await response.json()) as Record<string, unknown>;
    if (answer['errcode'] !== 0) throw new Error(`${path}: ${answer['errmsg']}`);
    return answer;
  };
  const { access_token } = await get('gettoken', { corpid, corpsecret: secret });
  const token = { access_token: String(access_token) };
  const post = (path: string, body: object) =>
    get(path, token, { method: 'POST', body: JSON.stringify(body) });
  const timed = async (path: string, call: () => Promise<unknown>): Promise<Row> => {
    const timesMs: number[] = [];
    for (let sample = 0; sample < Math.min(samples, 20); sample += 1) {
      const start = performance.now();
      await call();
      timesMs.push(performance.now() - start);
    }
    return { what: `${path}, parsed by the caller`, timesMs };
  };
  const measured = (path: string, query: Record<string, string>) =>
    timed(path, () => get(path, { ...token, ...query }));
  const { openid } = await post('user/convert_to_openid', { userid: userIdOf(members) });
  return [
    await measured('user/get', { userid: userIdOf(members) }),
    await measured('tag/get', { tagid: '1' }),
    await measured('department/list', {}),
    await timed('user/convert_to_userid', () => post('user/convert_to_userid', { openid })),
    await timed('user/getuserid', () =>
      post('user/getuserid', { mobile: `1${String(members).padStart(10, '0')}` }),
    ),
  ];
}

function print(rows: readonly Row[]): void {
  console.log(
    `${machine()}, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}`,
  );
  console.log(
    `${members} members, ${departments} departments, ${depth} levels, ${tags} tags, ` +
      `${Math.round(process.memoryUsage().rss / 2 ** 20)} MB\n`,
  );
  console.log('| what | median | 99 % | worst | bound |\n|---|---|---|---|---|');
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  for (const { what, timesMs, boundMs } of rows) {
    const cells = [0.5, 0.99, 1].map((share) => ms(quantile(timesMs, share)));
    const limit = boundMs === undefined ? '' : `≤ ${boundMs} ms`;
    console.log(`| ${[what, ...cells, limit].join(' | ')} |`);
  }
}
