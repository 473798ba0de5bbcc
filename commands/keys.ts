import {
  publishedKeys,
  readSessionKeys,
  type SessionKey,
  type SessionKeySet,
  signingKey,
} from '../lib/session/sessionKeys.ts';
import { reportingErrors } from './administration/command.ts';
import { EXIT, ExitError, misunderstood } from './administration/exit.ts';
import { parseOptions, refuseMore, wantsHelp } from './administration/options.ts';
import { correctedClock } from './administration/serviceClock.ts';
import { stageRemedy } from './deployment/awsRemedy.ts';
import { hasProvider } from './deployment/openidProvider.ts';
import { missingStage, readStage } from './deployment/stageFile.ts';
import { type StageParameter, stageParameter } from './deployment/stageParameter.ts';
import { languageOf } from './language.ts';
import {
  firstKey,
  newSessionKey,
  PUBLISHED_AHEAD_SECONDS,
  rotate,
} from './sessionKeys/rotation.ts';

const say = languageOf(process.env);

const AHEAD_MINUTES = PUBLISHED_AHEAD_SECONDS / 60;

const HELP = say({
  en: `Usage: npm run keys -- <command> [options]

Manages the keys that sign sessions. They are stored in SSM; private parts are never shown.

  list     show the keys and their current use
  create   create the first key. Does nothing if there is a key
  rotate   create a new key: published now, signing later. The old key is dropped after the last
           session that it signed has ended. Does nothing while an earlier rotation is under way.
           Creates the first key if there is none
  replace  after a leak: replace all keys at once. Every session ends within five minutes, which is
           how long running instances cache keys. Other verifiers accept the leaked key for as long
           as they cache it: API Gateway's JWT authorizer for up to two hours. Needs --yes

  --stage <stage>    default: local
  --region <region>  default: the region of stages/<stage>.yml
  --ahead <minutes>  rotate: how long the new key is published before it signs. Default: ${AHEAD_MINUTES},
                     because API Gateway caches published keys for up to two hours
  --yes              replace: confirm
  --json             list: print JSON for programs; use npm run -s

Exit codes: 0 done, or nothing to do; 1 failed; 2 wrong arguments.`,
  zh: `用法：npm run keys -- <命令> [选项]

管理会话签名密钥。密钥存放在 SSM 中，私钥部分不会显示。

  list     列出密钥及其当前用途
  create   创建第一个密钥；已有密钥时不做任何修改
  rotate   轮换：新密钥立即发布，稍后开始签名；旧密钥在其签发的最后一个会话结束后移除。
           上一次轮换尚未完成时不做任何修改；没有密钥时创建第一个密钥
  replace  密钥泄露后立即替换全部密钥。运行中的实例会缓存密钥五分钟，之后所有会话失效。
           其他验证方在其缓存期内仍接受泄露的密钥：API Gateway 的 JWT 授权方最长两小时。需要 --yes

  --stage <stage>    环境，默认 local
  --region <region>  区域，默认为 stages/<stage>.yml 中的区域
  --ahead <minutes>  rotate：新密钥在开始签名之前发布多少分钟。默认 ${AHEAD_MINUTES}，
                     因为 API Gateway 最长缓存公钥两小时
  --yes              replace：确认
  --json             list：输出 JSON 供程序使用，须用 npm run -s

退出码：0 完成或无需修改；1 失败；2 参数有误。`,
});

/** As many as fit into an advanced parameter: 8 kB, and a key takes 1.7 kB. */
const MAX_KEYS = 4;

/** The longest session that a stage may have: of the OpenID provider. */
const MAX_SESSION_SECONDS = 2_592_000;

/** How long what the keys sign may be used: sessions of /api, and cookies of the provider's sessions. */
function longestSessionSeconds(stage: string): number {
  const parameters = readStage(stage);
  if (parameters === undefined) return MAX_SESSION_SECONDS;
  const { sessionSeconds, providerSessionSeconds } = parameters;
  const all = hasProvider(parameters) ? [sessionSeconds, providerSessionSeconds] : [sessionSeconds];
  const seconds = Math.max(...all.map(Number));
  return seconds > 0 ? seconds : MAX_SESSION_SECONDS;
}

const OPTIONS = {
  stage: { type: 'string', default: 'local' },
  region: { type: 'string' },
  ahead: { type: 'string' },
  yes: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h' },
} as const;

/** The commands, and the options that each takes besides --stage and --region. */
const OPTIONS_OF: Readonly<Record<string, readonly string[]>> = {
  list: ['json'],
  create: [],
  rotate: ['ahead'],
  replace: ['yes'],
};

type Values = ReturnType<typeof readArguments>['values'];

/** @throws ExitError */
function readArguments(argv: readonly string[]) {
  const { values, positionals } = parseOptions(argv, process.env, OPTIONS);
  const [command = '', ...more] = positionals;
  if (wantsHelp(argv, values.help, positionals) || command === 'help') {
    return { command: 'help', values };
  }
  const takes = Object.hasOwn(OPTIONS_OF, command) ? OPTIONS_OF[command] : undefined;
  if (takes === undefined) {
    throw misunderstood({ en: `There is no command ${command}`, zh: `没有命令 ${command}` });
  }
  refuseMore(more);
  const stray = (['ahead', 'yes', 'json'] as const).find(
    (name) => values[name] && !takes.includes(name),
  );
  if (stray !== undefined) {
    throw misunderstood({
      en: `${command} does not take --${stray}`,
      zh: `${command} 没有选项 --${stray}`,
    });
  }
  const missing = missingStage(values.stage);
  if (missing) throw misunderstood(missing);
  if (values.ahead !== undefined && !/^\d{1,5}$/.test(values.ahead)) {
    throw misunderstood({
      en: '--ahead must be a whole number of minutes.',
      zh: '--ahead 必须是整数分钟。',
    });
  }
  if (command === 'replace' && !values.yes) {
    throw misunderstood({
      en: 'This ends every session, also those of the OpenID provider. Confirm with --yes.',
      zh: '此操作会结束所有会话，包括 OpenID 提供方的会话，请用 --yes 确认。',
    });
  }
  return { command, values };
}

async function run(argv: readonly string[]): Promise<number> {
  const { command, values } = readArguments(argv);
  console.log(command === 'help' ? HELP : await perform(command, values).catch(fail(values)));
  return EXIT.done;
}

/** @returns what to print */
async function perform(command: string, values: Values): Promise<string> {
  const parameter = stageParameter(values.stage, 'session-keys', values.region);
  const stored = await parameter.read();
  // The functions compare the keys' times with AWS's.
  const clock = correctedClock(parameter.time(), Date.now, (text) => console.error(say(text)));
  const now = Math.floor(clock.now() / 1_000);
  const keys = stored && readSessionKeys(stored.value, parameter.name);
  const write = async (next: SessionKeySet) => {
    if (next.keys.length > MAX_KEYS) throw tooMany(next);
    const text = JSON.stringify(next);
    // What the functions could not read is not written.
    readSessionKeys(text, parameter.name);
    await parameter.write(text, stored?.version);
    return table(parameter, next, now);
  };

  switch (command) {
    case 'list':
      return values.json ? JSON.stringify(rows(keys, now), null, 2) : table(parameter, keys, now);
    case 'create':
      return keys ? table(parameter, keys, now) : write(firstKey(await newSessionKey(), now));
    case 'rotate': {
      const newKey = await newSessionKey();
      if (keys === undefined) return write(firstKey(newKey, now));
      const sessionSeconds = longestSessionSeconds(values.stage);
      const aheadSeconds = Number(values.ahead ?? AHEAD_MINUTES) * 60;
      const next = rotate(keys, newKey, { now, aheadSeconds, sessionSeconds });
      if (next) return write(next);
      const underWay = say({ en: 'A rotation is under way.', zh: '上一次轮换尚未完成。' });
      return `${underWay}\n${table(parameter, keys, now)}`;
    }
    // Of `replace`.
    default:
      return write(firstKey(await newSessionKey(), now));
  }
}

function rows(keys: SessionKeySet | undefined, now: number) {
  if (keys === undefined) return [];
  const signing = signingKey(keys, now)?.kid;
  return publishedKeys(keys, now).map((key) => ({
    kid: key.kid,
    does: key.kid === signing ? 'signs' : key.nbf > now ? 'will sign' : 'checks only',
    signsFrom: new Date(key.nbf * 1_000).toISOString(),
    ...(key.exp && { publishedUntil: new Date(key.exp * 1_000).toISOString() }),
  }));
}

function table(parameter: StageParameter, keys: SessionKeySet | undefined, now: number): string {
  const lines = rows(keys, now).map(({ kid, does, signsFrom, publishedUntil }) =>
    [
      `  ${kid}  ${does.padEnd(11)}`,
      does === 'will sign' ? `from ${signsFrom}` : '',
      publishedUntil ? `until ${publishedUntil}` : '',
    ]
      .filter((part) => part !== '')
      .join('  ')
      .trimEnd(),
  );
  return [
    parameter.name,
    ...(lines.length > 0
      ? lines
      : [`  ${say({ en: 'no keys: run create', zh: '没有密钥：请运行 create' })}`]),
  ].join('\n');
}

function tooMany({ keys }: SessionKeySet): ExitError {
  const first = Math.min(...keys.map((key: SessionKey) => key.exp ?? Number.POSITIVE_INFINITY));
  const after = new Date(first * 1_000).toISOString();
  return new ExitError(EXIT.failed, {
    en: `All ${MAX_KEYS} keys that fit are still in use. Rotate again after ${after}.`,
    zh: `最多存放 ${MAX_KEYS} 个密钥，目前都在使用。请在 ${after} 之后再轮换。`,
  });
}

/** Says what AWS, the local stack or the stored keys have against it, and what to do. */
function fail({ stage }: Values): (error: unknown) => never {
  return (error) => {
    if (error instanceof ExitError) throw error;
    const { name, message } = error as Error;
    const remedy = stageRemedy(error, stage, 'keys');
    const what = message || name;
    throw new ExitError(EXIT.failed, {
      en: remedy ? `${what}\n${remedy.en}` : what,
      zh: remedy ? `${what}\n${remedy.zh}` : what,
    });
  };
}

process.exitCode = await reportingErrors('keys', { say, warn: console.error }, () =>
  run(process.argv.slice(2)),
);
