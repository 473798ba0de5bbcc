import type { Bilingual } from '../lib/bilingual.ts';
import { reportingErrors } from './administration/command.ts';
import { EXIT, ExitError, misunderstood } from './administration/exit.ts';
import { parseOptions, refuseMore } from './administration/options.ts';
import { correctedClock } from './administration/serviceClock.ts';
import { hasConsole } from './deployment/adminConsole.ts';
import { awsRemedy } from './deployment/awsRemedy.ts';
import { hasProvider } from './deployment/openidProvider.ts';
import { problemsOf } from './deployment/problems.ts';
import {
  newStage,
  notCopiedFromProd,
  otherRegion,
  readStage,
  stageFile,
} from './deployment/stageFile.ts';
import { parameterKey } from './deployment/stageParameter.ts';
import { languageOf } from './language.ts';
import { completed, readAnswers } from './setup/answers.ts';
import { consoleEntries } from './setup/console.ts';
import { askParameters, askSecrets } from './setup/questions.ts';
import { editStageFile, ensureStageFile, type StageAnswers } from './setup/stageFileEdit.ts';
import { mustDeployFirst, openSecretStore, type Result } from './setup/storeSecrets.ts';

const say = languageOf(process.env);

const HELP = say({
  en: `Usage: npm run setup -- --stage prod

Asks for a stage's settings and stores them.

  --stage <stage>    the stage. A new stage starts as a copy of stages/prod.yml, without its domain
                     and other values that only one stage can have
  --region <region>  must be the region of the stage's file
  --from <file>      ask nothing: take the answers from a JSON file, and what it leaves out from
                     environment variables. Its form is in docs/operations.md#setup-in-a-script
  --no-input         ask nothing: take the answers from environment variables

Settings go to stages/<stage>.yml, secrets to SSM as SecureStrings with your AWS credentials. Secrets
are never shown, and never taken from arguments. You can run the command again at any time: Enter, or
an answer that is left out, keeps a value, and unchanged values are not written.
Exit codes: 0 done; 1 failed; 2 wrong arguments or answers, nothing was changed.`,
  zh: `用法：npm run setup -- --stage prod

询问一个环境的配置并保存。

  --stage <stage>    环境；新环境以 stages/prod.yml 的副本开始，不含域名等只能属于一个环境的值
  --region <region>  必须与环境文件中的区域一致
  --from <file>      不提问：从 JSON 文件读取答案，文件中没有的从环境变量读取。
                     格式参见 docs/zh-CN/operations.md#在脚本中运行-setup
  --no-input         不提问：从环境变量读取答案

配置写入 stages/<stage>.yml，机密内容使用你的 AWS 凭证以 SecureString 写入 SSM。
机密内容不会显示，也不从命令行参数读取。可以随时再次运行：回车或未给出的答案保留现有值，
相同的值不会重复写入。
退出码：0 完成；1 失败；2 参数或答案有误，未做任何修改。`,
});

const OUTCOMES = {
  written: { en: 'written', zh: '已写入' },
  unchanged: { en: 'unchanged', zh: '未变' },
  absent: { en: 'not set up', zh: '未设置' },
} as const;

const OPTIONS = {
  stage: { type: 'string' },
  region: { type: 'string' },
  from: { type: 'string' },
  'no-input': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h' },
} as const;

async function run(): Promise<number> {
  const argv = process.argv.slice(2);
  const { values, positionals } = parseOptions(argv, process.env, OPTIONS);
  const { stage } = values;
  if (values.help) {
    console.log(HELP);
    return EXIT.done;
  }
  refuseMore(positionals);
  if (stage === undefined) {
    throw misunderstood({
      en: 'Say which stage, such as --stage prod.',
      zh: '缺少环境，例如 --stage prod。',
    });
  }
  if (stage === 'local') {
    throw misunderstood({
      en: 'The local stage needs no setup: npm start. For your own company see .env.example.',
      zh: '本机环境无需设置，直接运行 npm start。使用自己的企业时参见 .env.example。',
    });
  }
  if (!/^[a-z][a-z0-9-]{0,19}$/.test(stage) || stage === 'default') {
    throw misunderstood({
      en: 'A stage must be at most 20 lowercase letters, digits and dashes, and not "default".',
      zh: '环境名最多 20 个小写字母、数字和连字符，且不能是 default。',
    });
  }

  const before = readStage(stage) ?? newStage();
  const isScript = values['no-input'] || values.from !== undefined;
  const given = isScript ? readAnswers(values.from, process.env) : undefined;
  // The functions read the secrets in the region of the stage's file.
  const region = String(given?.parameters['region'] ?? before['region']);
  const other = otherRegion(stage, region, values.region ?? region);
  if (other) throw misunderstood(other);
  const store = await openSecretStore(stage, region);
  // The functions compare the times of session keys with AWS's.
  const clock = correctedClock(store.time, Date.now, (text) => console.error(say(text)));
  const answers = given
    ? completed(stage, before, given.parameters)
    : await askParameters(stage, before, say);
  const after = { ...before, ...answers };
  const problems = problemsOf(stage, after);
  if (given && !given.secrets.appSecret && !store.stored.appSecret) {
    problems.push(
      say({
        en: 'appSecret is missing: set WECOM_APP_SECRET, or name another source in the answers',
        zh: '缺少 appSecret：设置 WECOM_APP_SECRET，或在答案中指定其他来源',
      }),
    );
  }
  if (problems.length > 0) throw refusedByDeploy(stage, problems);
  const secrets = given?.secrets ?? (await askSecrets(store.stored, say));

  const keys = { before: parameterKey(before), after: parameterKey(after) };
  await writeAll(stage, answers, (report) => store.write(secrets, keys, clock.now(), report));
  if (mustDeployFirst(keys, store.stored)) {
    console.log(
      say({
        en: '\nThe functions may use the KMS key after the next deployment. Run this command again then: it encrypts the parameters with the key.',
        zh: '\n函数在下次部署后才能使用该 KMS 密钥。部署后请再次运行本命令，它会用该密钥重新加密参数。',
      }),
    );
  }
  const parameters = readStage(stage) ?? {};
  const entries = await consoleEntries(stage, region, parameters);
  console.log(
    say({
      en: "\nEnter in WeCom's console, on the app's page (https://work.weixin.qq.com/wework_admin/frame#apps):",
      zh: '\n请在管理后台的应用详情页填写（https://work.weixin.qq.com/wework_admin/frame#apps）：',
    }),
  );
  for (const { where, what } of entries) console.log(`  ${where}\n      ${say(what)}`);
  console.log(
    say(
      hasProvider(parameters)
        ? {
            en: `\nOther programs sign in by OpenID Connect: their issuer is https://${parameters['domainName']}`,
            zh: `\n其他程序可通过 OpenID Connect 登录，issuer 为 https://${parameters['domainName']}`,
          }
        : {
            en: '\nThe OpenID provider is off: it needs domainName. See openidProvider in stages/default.yml.',
            zh: '\nOpenID Provider 未启用：它需要 domainName。参见 stages/default.yml 中的 openidProvider。',
          },
    ),
  );
  if (hasConsole(parameters)) {
    const grant = `npm run permissions -- grant user:<userid> admin:permissions --stage ${stage}`;
    console.log(
      say({
        en: `\nNobody may use the administrators' console yet. After the deployment make its first administrator: ${grant}`,
        zh: `\n目前没有人能使用管理控制台。部署后请指定第一名管理员：${grant}`,
      }),
    );
  }
  console.log(
    say({
      en: `\nNext: npm run deploy -- --stage ${stage}, then npm run doctor -- --stage ${stage}`,
      zh: `\n下一步：npm run deploy -- --stage ${stage}，然后 npm run doctor -- --stage ${stage}`,
    }),
  );
  return 0;
}

/** What `npm run deploy` would refuse is not written. */
function refusedByDeploy(stage: string, problems: readonly string[]): ExitError {
  const list = problems.map((problem) => `  ✗ ${problem}`).join('\n');
  const file = stageFile(stage);
  return misunderstood({
    en: `npm run deploy would refuse these settings:\n${list}\nNothing was changed. Correct the answers or ${file}.`,
    zh: `npm run deploy 会拒绝以下配置：\n${list}\n未做任何修改。请更正答案或 ${file}。`,
  });
}

/** Writes the stage's file, then the secrets, and shows what was written also where it fails half way. */
async function writeAll(
  stage: string,
  answers: StageAnswers,
  writeSecrets: (report: (result: Result) => void) => Promise<void>,
): Promise<void> {
  const report = ({ name, outcome }: Result) =>
    console.log(`  ${say(OUTCOMES[outcome]).padEnd(12)}${name}`);
  console.log();
  const created = ensureStageFile(stage);
  const edited = editStageFile(stage, answers) || created;
  report({ name: stageFile(stage), outcome: edited ? 'written' : 'unchanged' });
  const left = created ? notCopiedFromProd().join(', ') : '';
  if (left !== '') {
    console.log(
      say({
        en: `  Not copied from prod: ${left}. Set them in ${stageFile(stage)} if ${stage} has its own.`,
        zh: `  未从 prod 复制：${left}。如果 ${stage} 有自己的值，请在 ${stageFile(stage)} 中设置。`,
      }),
    );
  }
  try {
    await writeSecrets(report);
  } catch (error) {
    console.error(
      say({
        en: 'It failed there. What is listed above is done, and nothing else was written. Correct the cause and run the command again: it writes the rest.',
        zh: '写入在此处失败。上面列出的已完成，其余未写入。消除原因后再次运行本命令，它会写入其余部分。',
      }),
    );
    throw error;
  }
}

// Without a terminal the input can end before the last answer. The prompt then rejects while Node exits,
// and a top-level await would print Node's own warning first.
reportingErrors('setup', { say, warn: console.error }, () => run().catch(fail)).then((exitCode) => {
  process.exitCode = exitCode;
});

function fail(error: unknown): never {
  if (error instanceof ExitError) throw error;
  const { name, message } = error as Error;
  if (name === 'ExitPromptError') throw new ExitError(EXIT.failed, unanswered());
  const remedy = awsRemedy(error);
  throw new ExitError(EXIT.failed, {
    en: remedy ? `${message}\n${remedy.en}` : message,
    zh: remedy ? `${message}\n${remedy.zh}` : message,
  });
}

function unanswered(): Bilingual {
  if (process.stdin.isTTY) {
    return {
      en: 'Not every question was answered. Nothing was changed.',
      zh: '并非所有问题都已回答，未做任何修改。',
    };
  }
  return {
    en: 'Not every question was answered: the input is no terminal, and it ended. Nothing was changed. In a script use --from or --no-input: npm run setup -- --help',
    zh: '并非所有问题都已回答：输入不是终端且已结束。未做任何修改。在脚本中请使用 --from 或 --no-input：npm run setup -- --help',
  };
}
