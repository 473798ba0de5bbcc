import { setTimeout } from 'node:timers/promises';
import { parseBehaviour } from '../admin/behaviour.ts';
import type { Delivery } from '../callbacks/delivery.ts';
import { newCallbackToken, newEncodingAESKey } from '../callbacks/newKey.ts';
import type { CallEntry } from '../wire/callLog.ts';
import { admin } from './admin.ts';
import { type Flags, listed, numbers, USUAL_PORT, wholeNumber } from './flags.ts';

interface Steering {
  /** Words after the command. */
  words: string[];
  flags: Flags;
  /** Asks the running emulator. */
  ask: (method: string, path: string, body?: unknown) => Promise<unknown>;
}

/** Of these WeCom tells the receivers of callbacks. */
const TOLD: ReadonlySet<string> = new Set([
  'join',
  'leave',
  'rename',
  'member',
  'tag',
  'department',
  'app',
  'event',
]);

/** A receiver that takes longer may be one that never answers. */
const DELIVERY_MILLISECONDS = 3_000;
const LOOK_MILLISECONDS = 50;

/** Each command: one request, and what to print. */
const COMMANDS: Readonly<Record<string, (steering: Steering) => Promise<unknown>>> = {
  fault,
  code: mint,
  member: changeMember,
  tag: changeTag,
  department: changeDepartment,
  app: changeApp,
  calls: showCalls,
  join,
  event: pushEvent,

  async leave({ words, ask }) {
    if (words.length === 0) throw new Error('leave needs a userid');
    for (const userid of words) await ask('DELETE', `members/${encodeURIComponent(userid)}`);
    return 'ok';
  },
  async rename({ words: [userid, renamed], ask }) {
    if (userid === undefined || renamed === undefined) {
      throw new Error('rename needs a userid and the new one');
    }
    await ask('POST', `members/${encodeURIComponent(userid)}/rename`, { userid: renamed });
    return 'ok';
  },
  async 'revoke-token'({ flags, ask }) {
    const body = flags.agent === undefined ? {} : { agentid: wholeNumber(flags.agent, '--agent') };
    return ask('POST', 'tokens/revoke', body);
  },
  /** Needs no running emulator: values to put into both ends of a callback. */
  key: async ({ flags }) => ({
    token: newCallbackToken(),
    encodingAESKey: newEncodingAESKey(flags['non-canonical'] ? false : undefined),
  }),
  unban: ({ ask }) => ask('DELETE', 'bans'),
  'forget-consent': ({ words, ask }) =>
    ask(
      'DELETE',
      words[0] === undefined ? 'consents' : `consents?userid=${encodeURIComponent(words[0])}`,
    ),
  async behaviour({ words, ask }) {
    if (words.length > 0)
      await ask('PATCH', 'behaviour', Object.assign({}, ...words.map(parseBehaviour)));
    return ask('GET', 'behaviour');
  },
  async verify({ words, ask }) {
    const result = (await ask('POST', `callbacks/${words[0] ?? 'app'}/verify`)) as { ok: boolean };
    if (!result.ok) throw new Error(JSON.stringify(result));
    return result;
  },
  hold: ({ ask }) => ask('POST', 'callbacks/hold'),
  release: ({ flags, ask }) =>
    ask('POST', 'callbacks/release', { order: flags.reversed ? 'reversed' : 'given' }),
  deliveries: ({ words, ask }) => ask(words[0] === 'clear' ? 'DELETE' : 'GET', 'deliveries'),
};

export function isCommand(name: string | undefined): name is string {
  return name !== undefined && Object.hasOwn(COMMANDS, name);
}

/**
 * Runs one command against a running emulator and returns what to print. After a change the
 * receivers of callbacks have been told, so that the next thing asked is answered as changed.
 */
export async function steer(name: string, words: string[], flags: Flags): Promise<string> {
  const port = flags.port ?? portOfStack(process.env['PORT']) ?? USUAL_PORT;
  const base = flags.at ?? process.env['WECOM_EMULATOR_URL'] ?? `http://127.0.0.1:${port}`;
  const ask: Steering['ask'] = (method, path, body) => admin(base, method, path, body);
  const result = await COMMANDS[name]?.({ words, flags, ask });
  if (TOLD.has(name)) await delivered(ask);
  return typeof result === 'string' ? result : JSON.stringify(result, null, 2);
}

/** Where `npm start` puts its emulator when it is moved by `PORT`. */
function portOfStack(moved: string | undefined): number | undefined {
  return moved ? wholeNumber(moved, 'PORT') + 500 : undefined;
}

async function delivered(ask: Steering['ask']): Promise<void> {
  for (let waited = 0; waited < DELIVERY_MILLISECONDS; waited += LOOK_MILLISECONDS) {
    const deliveries = (await ask('GET', 'deliveries')) as Delivery[];
    if (deliveries.every(({ state }) => state !== 'under way')) return;
    await setTimeout(LOOK_MILLISECONDS);
  }
}

async function fault({ words, flags, ask }: Steering): Promise<unknown> {
  const [kind, number] = words;
  if (kind === undefined || kind === 'list') return ask('GET', 'faults');
  if (kind === 'clear') return ask('DELETE', number === undefined ? 'faults' : `faults/${number}`);
  const isErrcode = /^(errcode:)?-?\d+$/.test(kind);
  return ask('POST', 'faults', {
    ...(isErrcode ? { kind: 'errcode', errcode: wholeNumber(kind, 'an errcode') } : { kind }),
    ...(flags.on !== undefined && { on: flags.on }),
    ...(flags.times !== undefined && { times: wholeNumber(flags.times, '--times') }),
    ...(flags.ms !== undefined && { ms: wholeNumber(flags.ms, '--ms') }),
    ...(flags.status !== undefined && { status: wholeNumber(flags.status, '--status') }),
    ...(flags.bytes !== undefined && { bytes: wholeNumber(flags.bytes, '--bytes') }),
    ...(flags.field !== undefined && { field: flags.field }),
    ...(flags.value !== undefined && { value: jsonValue(flags.value) }),
    ...(flags.codes !== undefined && { codes: numbers(flags.codes, '--codes') }),
    ...(flags.userid !== undefined && { userid: flags.userid }),
    ...(flags.count !== undefined && { count: wholeNumber(flags.count, '--count') }),
    ...(flags.after && { after: true }),
  });
}

function jsonValue(text: string): unknown {
  try {
    // flags.ts marks a negative number, so that it is not taken for a flag.
    return JSON.parse(text.replace(/^errcode:/, ''));
  } catch {
    throw new Error(`--value must be JSON, such as 1, null, [] or '"text"', not ${text}`);
  }
}

/** Prints the bare code, so that it can be put into another command. */
async function mint({ words, flags, ask }: Steering): Promise<string> {
  const { code } = (await ask('POST', 'codes', {
    ...(words[0] !== undefined && { userid: words[0] }),
    ...(flags.visitor !== undefined && { visitor: flags.visitor }),
    ...(flags.scope !== undefined && { scope: flags.scope }),
    ...(flags.origin !== undefined && { origin: flags.origin }),
    ...(flags.agent !== undefined && { agentid: wholeNumber(flags.agent, '--agent') }),
  })) as { code: string };
  return code;
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

/** A name and a department make a new member; otherwise somebody who left comes back. */
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

function pushEvent({ words: [event, userid], flags, ask }: Steering): Promise<unknown> {
  if (event === undefined || userid === undefined)
    throw new Error('event needs a name and a userid');
  return ask('POST', 'callbacks/events', {
    event,
    userid,
    ...(flags.userid !== undefined && { newUserid: flags.userid }),
    ...(flags.department !== undefined && {
      department: numbers(flags.department, '--department'),
    }),
    ...(flags['create-time'] !== undefined && {
      createTime: wholeNumber(flags['create-time'], '--create-time'),
    }),
    ...(flags.agent !== undefined && { agentid: wholeNumber(flags.agent, '--agent') }),
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

async function showCalls({ words: [path], ask }: Steering): Promise<unknown> {
  if (path === 'clear') return ask('DELETE', 'calls');
  const query = path === undefined ? '' : `?path=${encodeURIComponent(path)}`;
  const calls = (await ask('GET', `calls${query}`)) as CallEntry[];
  const line = ({ time, method, path: called, status, errcode, ip, faults }: CallEntry) =>
    [new Date(time).toISOString(), method, called, status, errcode ?? '-', ip, ...faults].join(' ');
  return calls.length === 0 ? 'no calls' : calls.map(line).join('\n');
}
