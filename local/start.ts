import { accessSync, appendFileSync, chmodSync, constants, mkdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { say, UserError } from '../packages/emulator/source/commands/language.ts';
import { runCommand } from './command.ts';
import { requireFreePorts } from './freePorts.ts';
import { logReader } from './functionLog.ts';
import { startOfflineGateway } from './gateway.ts';
import { readOptions } from './options.ts';
import { startFront } from './page/server.ts';
import { whenParentEnds } from './parentEnd.ts';
import { startServices } from './services.ts';
import { DEFAULT_PORT, loadEnvironmentFile, readSettings } from './settings.ts';
import { terminal } from './terminal.ts';
import { DEMONSTRATION_CLIENT, welcome } from './welcome.ts';

const HELP = {
  en: `Usage: npm start [-- --fresh]

Runs the whole stack on this machine.

  --fresh  start with empty tables, parameters and the company as it was

Environment variables, also read from .env:
  PORT           the port of the API and the page; default ${DEFAULT_PORT}. The parts behind it take the
                 ports +1, +2, +500 and +502 to +506. Set it for the other commands too
  FRONT_END      pages of your own that WeCom may return to, such as http://localhost:5173/
  PUBLIC_URL     the https address of a tunnel to this stack, for a phone
  VERIFY_ACCESS  who may call verify: open (default), or session as when deployed
  REQUIRE_STATE  true: refuse a sign-in without a state
  DOMAIN_PROOF   the 16 characters in the name of WeCom's file WW_verify_….txt
  EVENT_BUS      empty: send no events
  WECOM_CORP_ID, WECOM_AGENT_ID, WECOM_APP_SECRET
                 an app in the real WeCom, which then replaces the emulator

docs/local.md explains each.`,
  zh: `用法：npm start [-- --fresh]

在本机运行整套系统。

  --fresh  清空数据表和参数，模拟的企业也恢复原样

环境变量，也可以写在 .env 中：
  PORT           API 和演示页面的端口，默认 ${DEFAULT_PORT}。其余部分使用端口 +1、+2、+500、+502 至 +506。
                 其他命令也要设置相同的 PORT
  FRONT_END      自己的前端：登录后返回的页面地址，例如 http://localhost:5173/
  PUBLIC_URL     内网穿透到本机的 https 地址，供手机访问
  VERIFY_ACCESS  谁可以调用 verify：open（默认），或与部署后相同的 session
  REQUIRE_STATE  true：拒绝不带 state 的登录
  DOMAIN_PROOF   域名校验文件 WW_verify_….txt 文件名中的 16 个字符
  EVENT_BUS      设为空：不发送事件
  WECOM_CORP_ID、WECOM_AGENT_ID、WECOM_APP_SECRET
                 真实的企业微信应用，设置后不再使用模拟器

详见 docs/zh-CN/local.md。`,
};

/** Grants for the emulated company. */
const DEMONSTRATION = 'local/demonstration.csv';

/** The exit code of `npm run clients -- add` if the client exists. */
const CLIENT_EXISTS = 5;

/** Stopped in reverse order. */
const started: { close(): Promise<void> }[] = [];

/** Resolves with a reason if the stack ends by itself. */
async function start(): Promise<string> {
  const options = readOptions(process.argv.slice(2), process.env, {
    fresh: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  });
  if (options.help) {
    terminal.text(say(HELP));
    process.exit(0);
  }
  loadEnvironmentFile();
  const settings = readSettings(process.env);
  const { ports, site } = settings;
  await requireFreePorts({ ...ports });

  // Companies must not share data, and two stacks must not share a file.
  const directory = `.local/${ports.public}/${settings.realWecom?.corpId ?? 'emulator'}`;
  prepareDirectory(directory, options.fresh === true);
  const logFile = `${directory}/functions.log`;

  const startedAt = performance.now();
  terminal.note(
    say({ en: 'Starting DynamoDB, SSM and WeCom …', zh: '正在启动 DynamoDB、SSM 和企业微信…' }),
  );
  const { environment, isNew } = await startServices(settings, directory, started);
  // Only into new tables, so that a restart keeps the developer's changes.
  const demonstration = isNew && !settings.realWecom;
  const readableLogLine = logReader();
  const knownSites = {
    origins: environment['CORS_ORIGINS']?.split(',') ?? [],
    publicUrl: process.env['PUBLIC_URL'] ? site : undefined,
  };
  terminal.note(say({ en: 'Building the functions …', zh: '正在构建各函数…' }));
  const [gateway] = await Promise.all([
    startOfflineGateway({
      port: ports.gateway,
      lambdaPort: ports.lambda,
      knownSites,
      environment,
      directory: resolve(directory),
      onLine: (line) => {
        const readable = readableLogLine(line);
        if (readable === undefined) return;
        appendFileSync(logFile, `${line}\n`);
        if (readable !== '') terminal.text(readable);
      },
    }),
    runCommand('keys', ['create'], environment),
    // No events: the function that takes them does not run yet.
    demonstration &&
      runCommand('permissions', ['import', DEMONSTRATION, '--yes'], {
        ...environment,
        EVENT_BUS: '',
      }),
    !settings.realWecom &&
      runCommand('clients', demonstrationClient(site), environment, CLIENT_EXISTS),
  ]);
  started.push(gateway);
  started.push(
    await startFront({
      port: ports.public,
      knownSites,
      gatewayUrl: `http://127.0.0.1:${ports.gateway}`,
      emulatorUrl: settings.realWecom ? undefined : `http://127.0.0.1:${ports.wecom}`,
      openidClient: settings.realWecom ? undefined : DEMONSTRATION_CLIENT,
      onRefused: (origin) => {
        terminal.problem(
          say({
            en: `  Refused a page of ${origin}. To let it sign in: FRONT_END=${origin}/ npm start, with the page's path`,
            zh: `  已拒绝来自 ${origin} 的页面。如需允许登录：FRONT_END=${origin}/ npm start，地址须包含页面路径`,
          }),
        );
      },
      onFailed: (problem) => {
        terminal.problem(
          say({ en: `  A function failed to run: ${problem}`, zh: `  函数运行失败：${problem}` }),
        );
        // serverless-esbuild does not print its own error.
        if (problem.includes('Cannot find module')) terminal.problem(say(BUILD_FAILED));
      },
    }),
  );
  welcome(settings, logFile, (performance.now() - startedAt) / 1_000);
  return gateway.ended;
}

/**
 * The folder holds access tokens, parameters and the functions' log, so only this user may read it: also
 * files of child processes, and those of earlier versions.
 *
 * @throws UserError if it cannot be written
 */
function prepareDirectory(directory: string, fresh: boolean): void {
  process.umask(0o077);
  try {
    if (fresh) rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    chmodSync('.local', 0o700);
    accessSync(directory, constants.W_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UserError({
      en: `The folder ${resolve('.local')} cannot be written (${code}). If another user or sudo npm start made it, delete it. It has to belong to you, and so does the project's folder.`,
      zh: `无法写入文件夹 ${resolve('.local')}（${code}）。如果它由其他用户或 sudo npm start 创建，请删除。该文件夹和项目文件夹都应属于当前用户。`,
    });
  }
}

const BUILD_FAILED = {
  en: '    → Run npm run types. If it reports no error, restart: npm start',
  zh: '    → 请运行 npm run types。如果没有报错，请重新运行 npm start',
};

/** A client of the OpenID provider that returns to the demonstration page. */
function demonstrationClient(site: string): string[] {
  const page = `${site}/`;
  const name = ['--name', '演示应用 Demo', '--public'];
  const addresses = ['--redirect-uri', page, '--post-logout-redirect-uri', page];
  return ['add', DEMONSTRATION_CLIENT, ...name, ...addresses];
}

let stopping: Promise<never> | undefined;

function stop(exitCode: number): Promise<never> {
  stopping ??= (async () => {
    for (const part of started.reverse()) await part.close().catch(() => undefined);
    process.exit(exitCode);
  })();
  return stopping;
}

process.once('SIGINT', () => {
  terminal.note(say({ en: 'Stopping …', zh: '正在停止…' }));
  void stop(0);
});
for (const signal of ['SIGTERM', 'SIGHUP']) process.once(signal, () => void stop(0));
// npm starts this process through a shell, which ends with npm and passes no signal on.
if (process.env['npm_lifecycle_event']) whenParentEnds(() => void stop(0));

try {
  terminal.problem(await start());
  await stop(1);
} catch (error) {
  terminal.problem(error instanceof Error ? error.message : String(error));
  await stop(1);
}
