import { styleText } from 'node:util';
import { parseBehaviour, setBehaviour } from '../admin/behaviour.ts';
import type { CallbackTarget } from '../callbacks/target.ts';
import { companyOfSize } from '../companyOfSize.ts';
import type { Company } from '../directory/types.ts';
import { DEFAULT_BEHAVIOUR } from '../options.ts';
import { startWecom, type Wecom } from '../server.ts';
import { DEFAULT_PORT, type Flags, wholeNumber } from './flags.ts';

/** Starts an emulator that runs until Ctrl-C, and prints its addresses and commands to try. */
export async function foreground(flags: Flags): Promise<void> {
  const port = wholeNumber(flags.port ?? DEFAULT_PORT, '--port');
  const host = flags.host ?? '127.0.0.1';
  const app = callback(flags, 'app');
  const contacts = callback(flags, 'contacts');
  const behaviour = { ...DEFAULT_BEHAVIOUR };
  for (const text of flags.set ?? []) setBehaviour(behaviour, parseBehaviour(text));
  const company = companyOf(flags);
  const wecom = await startWecom({
    ...behaviour,
    ...(company && { company }),
    port,
    host,
    callbacks: { ...(app && { app }), ...(contacts && { contacts }) },
  }).catch((error: unknown) => {
    throw new Error(explained(error, host, port));
  });
  greet(wecom);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void wecom.close().then(() => process.exit(0)));
  }
}

/** @returns a generated company if one of its sizes is given */
function companyOf({ members, departments, depth, tags }: Flags): Company | undefined {
  if ([members, departments, depth, tags].every((size) => size === undefined)) return undefined;
  return companyOfSize({
    ...(members !== undefined && { members: wholeNumber(members, '--members') }),
    ...(departments !== undefined && { departments: wholeNumber(departments, '--departments') }),
    ...(depth !== undefined && { depth: wholeNumber(depth, '--depth') }),
    ...(tags !== undefined && { tags: wholeNumber(tags, '--tags') }),
  });
}

function callback(flags: Flags, channel: 'app' | 'contacts'): CallbackTarget | undefined {
  const url = flags[`${channel}-callback`];
  const token = flags[`${channel}-token`];
  const encodingAESKey = flags[`${channel}-key`];
  if (url === undefined && token === undefined && encodingAESKey === undefined) return undefined;
  if (url === undefined || token === undefined || encodingAESKey === undefined) {
    throw new Error(`--${channel}-callback, --${channel}-token and --${channel}-key go together`);
  }
  return { url, token, encodingAESKey };
}

function greet({ url, company }: Wecom): void {
  const at = url === `http://127.0.0.1:${DEFAULT_PORT}` ? '' : ` --at ${url}`;
  const [app] = company.apps;
  const [member] = company.members;
  const say = (name: string, text: string) => console.log(`  ${styleText('dim', name)}${text}`);
  console.log(styleText('bold', `企业微信模拟器 · WeCom emulator ${styleText('green', url)}`));
  say('company   ', `${company.name}  corpid ${company.corpid}  agentid ${app?.agentid ?? ''}`);
  say('secrets   ', 'local/wecom/company.ts, or GET /__admin/apps');
  say('console   ', `${url}/__admin/`);
  say(
    'try       ',
    `npm run wecom -- code ${member?.userid ?? ''} --scope snsapi_privateinfo${at}`,
  );
  say('          ', `npm run wecom -- fault 45009 --on user/get --times 3${at}`);
  say('          ', 'npm run wecom -- --help');
}

function explained(error: unknown, host: string, port: number): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    return `port ${port} is in use: stop what runs there, or choose another port with --port`;
  }
  if (code === 'EACCES') return `port ${port} is not open to this user; choose one above 1023`;
  if (code === 'EADDRNOTAVAIL') return `${host} is not an address of this machine`;
  return error instanceof Error ? error.message : String(error);
}
