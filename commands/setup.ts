import { parseArgs } from 'node:util';
import { awsRemedy } from './deployment/awsRemedy.ts';
import { hasProvider } from './deployment/openidProvider.ts';
import { readStage, stageFile } from './deployment/stageFile.ts';
import { languageOf } from './language.ts';
import { optionTakenByNpm } from './npmOptions.ts';
import { consoleEntries } from './setup/console.ts';
import { askParameters, askSecrets } from './setup/questions.ts';
import { editStageFile, ensureStageFile } from './setup/stageFileEdit.ts';
import { openSecretStore } from './setup/storeSecrets.ts';

const say = languageOf(process.env);

const HELP = say({
  en: `Usage: npm run setup -- --stage prod

Asks for a stage's settings and stores them.

  --stage <stage>    the stage. A new stage starts as a copy of stages/prod.yml
  --region <region>  the region of the SSM parameters. Default: the region of the stage's file

Settings go to stages/<stage>.yml, secrets to SSM as SecureStrings with your AWS credentials. Secrets
are never shown. You can run the command again at any time: Enter keeps a value, and unchanged values
are not written.`,
  zh: `用法：npm run setup -- --stage prod

询问一个环境的配置并保存。

  --stage <stage>    环境；新环境以 stages/prod.yml 的副本开始
  --region <region>  SSM 参数所在区域，默认为环境文件中的区域

配置写入 stages/<stage>.yml，机密内容使用你的 AWS 凭证以 SecureString 写入 SSM。
机密内容不会显示。可以随时再次运行：回车保留现有值，相同的值不会重复写入。`,
});

const OUTCOMES = {
  written: { en: 'written', zh: '已写入' },
  unchanged: { en: 'unchanged', zh: '未变' },
  absent: { en: 'not set up', zh: '未设置' },
} as const;

const OPTIONS = {
  stage: { type: 'string' },
  region: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

async function run(): Promise<number> {
  const taken = optionTakenByNpm(Object.keys(OPTIONS), process.env);
  if (taken) {
    console.error(say(taken));
    return 2;
  }
  const { values } = parseArgs({ options: OPTIONS });
  const { stage } = values;
  if (values.help || stage === undefined) {
    console.log(HELP);
    return values.help ? 0 : 2;
  }
  if (stage === 'local') {
    console.error(
      say({
        en: 'The local stage needs no setup: npm start. For your own company see .env.example.',
        zh: '本机环境无需设置，直接运行 npm start。使用自己的企业时参见 .env.example。',
      }),
    );
    return 2;
  }
  if (!/^[a-z][a-z0-9-]{0,19}$/.test(stage) || stage === 'default') {
    console.error(
      say({
        en: 'A stage must be at most 20 lowercase letters, digits and dashes, and not "default".',
        zh: '环境名最多 20 个小写字母、数字和连字符，且不能是 default。',
      }),
    );
    return 2;
  }

  const before = readStage(stage) ?? readStage('prod') ?? {};
  const region = values.region ?? String(before['region']);
  const store = await openSecretStore(stage, region);
  const answers = await askParameters(stage, before, say);
  const secrets = await askSecrets(store.stored, say);

  const created = ensureStageFile(stage);
  const edited = editStageFile(stage, answers) || created;
  const results = [
    { name: stageFile(stage), outcome: edited ? 'written' : 'unchanged' } as const,
    ...(await store.write(secrets, Date.now())),
  ];
  console.log();
  for (const { name, outcome } of results) {
    console.log(`  ${say(OUTCOMES[outcome]).padEnd(12)}${name}`);
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
  console.log(
    say({
      en: `\nNext: npm run deploy -- --stage ${stage}, then npm run doctor -- --stage ${stage}`,
      zh: `\n下一步：npm run deploy -- --stage ${stage}，然后 npm run doctor -- --stage ${stage}`,
    }),
  );
  return 0;
}

// Without a terminal the input can end before the last answer. The prompt then rejects while Node exits,
// and a top-level await would print Node's own warning first.
run().then((exitCode) => {
  process.exitCode = exitCode;
}, reportError);

function reportError(error: unknown): void {
  const { name, message, code } = error as Error & { code?: unknown };
  const isCancelled = name === 'ExitPromptError';
  console.error(
    isCancelled
      ? say({
          en: 'Not every question was answered. Nothing was changed.',
          zh: '并非所有问题都已回答，未做任何修改。',
        })
      : message,
  );
  const remedy = awsRemedy(error);
  if (remedy) console.error(say(remedy));
  process.exitCode = String(code).startsWith('ERR_PARSE_ARGS') ? 2 : 1;
}
