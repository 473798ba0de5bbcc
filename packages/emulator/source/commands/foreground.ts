import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseBehaviour, setBehaviour } from '../admin/behaviour.ts';
import type { CallbackTarget } from '../callbacks/target.ts';
import { readCompany } from '../companyFile.ts';
import { companyOfSize } from '../companyOfSize.ts';
import type { Company } from '../directory/types.ts';
import { DEFAULT_BEHAVIOUR, type HttpsOptions } from '../options.ts';
import { startWecom, type Wecom } from '../server.ts';
import { type Flags, portOf, wholeNumber } from './flags.ts';
import { adviseHttps } from './httpsAdvice.ts';
import { say, type Text, UserError } from './language.ts';
import { PROGRAM } from './program.ts';
import { terminal } from './terminal.ts';

/** Starts an emulator that runs until Ctrl-C, and prints its addresses and commands to try. */
export async function foreground(flags: Flags): Promise<void> {
  const port = portOf(flags.port, process.env);
  const host = flags.host ?? '127.0.0.1';
  const app = callback(flags, 'app');
  const contacts = callback(flags, 'contacts');
  const behaviour = { ...DEFAULT_BEHAVIOUR };
  for (const text of flags.set ?? []) setBehaviour(behaviour, parseBehaviour(text));
  const company = companyOf(flags);
  const https = httpsOf(flags);
  const wecom = await startWecom({
    ...behaviour,
    ...(company && { company }),
    ...(https && { https }),
    ...(flags.keep !== undefined && { keepIn: flags.keep }),
    port,
    host,
    adminHosts: flags['admin-host'] ?? [],
    callbacks: { ...(app && { app }), ...(contacts && { contacts }) },
  }).catch((error: unknown) => {
    throw new Error(explained(error, host, port));
  });
  greet(wecom);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void wecom.close().then(() => process.exit(0)));
  }
}

/** @returns the company of a file, or a generated one if one of its sizes is given */
function companyOf({ company, members, departments, depth, tags }: Flags): Company | undefined {
  const isSized = [members, departments, depth, tags].some((size) => size !== undefined);
  if (company !== undefined && isSized) {
    throw new UserError({
      en: '--company and a size such as --members exclude each other',
      zh: '--company 不能与 --members 等规模参数同时使用',
    });
  }
  if (company !== undefined) return readCompany(company);
  if (!isSized) return undefined;
  return companyOfSize({
    ...(members !== undefined && { members: wholeNumber(members, '--members') }),
    ...(departments !== undefined && { departments: wholeNumber(departments, '--departments') }),
    ...(depth !== undefined && { depth: wholeNumber(depth, '--depth') }),
    ...(tags !== undefined && { tags: wholeNumber(tags, '--tags') }),
  });
}

/** @returns where to serve TLS if it is wanted */
function httpsOf(flags: Flags): HttpsOptions | undefined {
  const { 'https-port': port, 'ca-folder': folder } = flags;
  if (!flags.https) {
    if (port === undefined && folder === undefined) return undefined;
    throw new UserError({
      en: '--https-port and --ca-folder need --https',
      zh: '--https-port 和 --ca-folder 需要与 --https 一起使用',
    });
  }
  return {
    port: port === undefined ? 443 : wholeNumber(port, '--https-port'),
    folder: resolve(folder ?? join(homedir(), '.wecom-emulator')),
  };
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

function greet({ url, port, company, https }: Wecom): void {
  const at = port === portOf(undefined, process.env) ? '' : ` --at ${url}`;
  const [app] = company.apps;
  const [member] = company.members;
  const line = (name: Text, text: string) => terminal.line(say(name), text);
  terminal.heading(`${say({ en: 'WeCom emulator', zh: '企业微信模拟器' })} ${url}`);
  line(
    { en: 'company', zh: '企业' },
    `${company.name}  corpid ${company.corpid}  agentid ${app?.agentid ?? ''}`,
  );
  line({ en: 'secrets', zh: 'Secret' }, `${url}/__admin/apps`);
  line({ en: 'console', zh: '控制台' }, `${url}/__admin/`);
  if (https) {
    line({ en: 'https', zh: 'https' }, `https://127.0.0.1:${https.port}`);
    adviseHttps(https);
  }
  terminal.text();
  terminal.heading(say({ en: 'Try', zh: '试一试' }));
  terminal.command(`${PROGRAM} code ${member?.userid ?? ''} --scope snsapi_privateinfo${at}`);
  terminal.command(`${PROGRAM} fault 45009 --on user/get --times 3${at}`);
  terminal.command(`${PROGRAM} --help`);
}

function explained(error: unknown, host: string, wanted: number): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const port = error instanceof Error && 'port' in error ? error.port : wanted;
  if (code === 'EADDRINUSE') {
    return say({
      en: `Port ${port} is in use. If npm start runs, its emulator is there: ${PROGRAM} help lists the commands for it. Or start another one: ${PROGRAM} --port 3999`,
      zh: `端口 ${port} 已被占用。如果 npm start 正在运行，它的模拟器就在这个端口上：${PROGRAM} help 列出可用的命令。也可以另外启动一个：${PROGRAM} --port 3999`,
    });
  }
  if (code === 'EACCES') {
    return say({
      en: `Port ${port} is not open to this user. Choose one above 1023, or let users open it: on Linux, sudo sysctl net.ipv4.ip_unprivileged_port_start=${port}`,
      zh: `当前用户不能使用端口 ${port}。请选择大于 1023 的端口，或允许普通用户使用它：Linux 上运行 sudo sysctl net.ipv4.ip_unprivileged_port_start=${port}`,
    });
  }
  if (code === 'EADDRNOTAVAIL') {
    return say({ en: `${host} is not an address of this machine`, zh: `${host} 不是本机的地址` });
  }
  return error instanceof Error ? error.message : String(error);
}
