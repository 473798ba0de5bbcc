import { setTimeout } from 'node:timers/promises';
import { parseBehaviour } from '../admin/behaviour.ts';
import type { Delivery } from '../callbacks/delivery.ts';
import { newCallbackToken, newEncodingAESKey } from '../callbacks/newKey.ts';
import type { CallEntry } from '../wire/callLog.ts';
import { documentUrl, type Rule } from '../wire/rule.ts';
import { admin, type Steering } from './admin.ts';
import { COMPANY_COMMANDS } from './company.ts';
import { type Flags, numbers, portOf, wholeNumber } from './flags.ts';
import { say } from './language.ts';

/** The commands after which WeCom pushes events. */
const PUSHING: ReadonlySet<string> = new Set([...Object.keys(COMPANY_COMMANDS), 'event', 'resend']);

/** A receiver that takes longer may never respond. */
const DELIVERY_TIMEOUT_MS = 3_000;
const POLL_MS = 50;

/** Each command: one request, and what to print. */
const COMMANDS: Readonly<Record<string, (steering: Steering) => Promise<unknown>>> = {
  ...COMPANY_COMMANDS,
  fault,
  code: mint,
  calls: showCalls,
  event: pushEvent,

  async 'revoke-token'({ flags, ask }) {
    const body = flags.agent === undefined ? {} : { agentid: wholeNumber(flags.agent, '--agent') };
    return ask('POST', 'tokens/revoke', body);
  },
  async 'revoke-ticket'({ words: [kind], flags, ask }) {
    return ask('POST', 'tickets/revoke', {
      ...(kind !== undefined && { kind }),
      ...(flags.agent !== undefined && { agentid: wholeNumber(flags.agent, '--agent') }),
    });
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
  resend: ({ words, ask }) =>
    ask('POST', `deliveries/${wholeNumber(words[0] ?? '', 'the delivery')}/resend`),
  messages({ words: [userid], ask }) {
    if (userid === 'clear') return ask('DELETE', 'messages');
    const query = userid === undefined ? '' : `?userid=${encodeURIComponent(userid)}`;
    return ask('GET', `messages${query}`);
  },
  deliveries: ({ words, ask }) => ask(words[0] === 'clear' ? 'DELETE' : 'GET', 'deliveries'),
};

export function isCommand(name: string | undefined): name is string {
  return name !== undefined && Object.hasOwn(COMMANDS, name);
}

/**
 * Runs one command against a running emulator. After a change it waits for the pushes, so that the next
 * request finds the change applied.
 *
 * @returns what to print
 * @throws Error with a sentence for the user
 */
export async function steer(name: string, words: string[], flags: Flags): Promise<string> {
  const port = portOf(flags.port, process.env);
  const base = flags.at ?? process.env['WECOM_EMULATOR_URL'] ?? `http://127.0.0.1:${port}`;
  const ask: Steering['ask'] = (method, path, body) => admin(base, method, path, body);
  const result = await COMMANDS[name]?.({ words, flags, ask });
  if (PUSHING.has(name)) await delivered(ask);
  return typeof result === 'string' ? result : JSON.stringify(result, null, 2);
}

async function delivered(ask: Steering['ask']): Promise<void> {
  for (let waitedMs = 0; waitedMs < DELIVERY_TIMEOUT_MS; waitedMs += POLL_MS) {
    const deliveries = (await ask('GET', 'deliveries')) as Delivery[];
    if (deliveries.every(({ state }) => state !== 'under way')) return;
    await setTimeout(POLL_MS);
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

function explanation(rule: Rule): string {
  return [say(rule), rule.document === undefined ? '' : documentUrl(rule.document)]
    .join(' ')
    .trim();
}

async function showCalls({ words: [path], ask }: Steering): Promise<unknown> {
  if (path === 'clear') return ask('DELETE', 'calls');
  const query = path === undefined ? '' : `?path=${encodeURIComponent(path)}`;
  const calls = (await ask('GET', `calls${query}`)) as CallEntry[];
  const line = ({ time, method, path: called, status, errcode, ip, faults, rule }: CallEntry) => {
    const at = new Date(time).toISOString();
    const call = [at, method, called, status, errcode ?? '-', ip, ...faults].join(' ');
    return rule === undefined ? call : `${call}\n  → ${explanation(rule)}`;
  };
  return calls.length === 0 ? 'no calls' : calls.map(line).join('\n');
}
