import { parseArgs } from 'node:util';
import { awsRemedy } from './deployment/awsRemedy.ts';
import { readStage, stageFile } from './deployment/stageFile.ts';
import { languageOf } from './language.ts';
import { consoleEntries } from './setup/console.ts';
import { askParameters, askSecrets } from './setup/questions.ts';
import { editStageFile, ensureStageFile } from './setup/stageFileEdit.ts';
import { openSecretStore } from './setup/storeSecrets.ts';

const say = languageOf(process.env);

const HELP = say({
  en: `npm run setup -- --stage prod    asks for what only you know, and puts it where it belongs

  --stage <stage>    a stage without a file begins as a copy of stages/prod.yml
  --region <region>  where the parameters go; default: the region of the stage's file

What is not secret goes into stages/<stage>.yml, the rest into SSM as SecureStrings, with your AWS
credentials. Nothing secret is ever shown. It may be run again at any time: Enter keeps what there
is, and what is the same is not written.`,
  zh: `npm run setup -- --stage prod    询问只有您知道的内容，并存放到合适的位置

  --stage <stage>    没有文件的阶段会复制 stages/prod.yml
  --region <region>  参数所在区域；默认为阶段文件中的区域

非机密内容写入 stages/<stage>.yml，其余以 SecureString 写入 SSM（使用您的 AWS 凭证）。
机密内容不会显示。可以随时再次运行：回车保留现有值，相同的值不会重复写入。`,
});

const OUTCOMES = {
  written: { en: 'written', zh: '已写入' },
  unchanged: { en: 'unchanged', zh: '未变' },
  absent: { en: 'not set up', zh: '未设置' },
} as const;

async function run(): Promise<number> {
  const { values } = parseArgs({
    options: {
      stage: { type: 'string' },
      region: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const { stage } = values;
  if (values.help || stage === undefined) {
    console.log(HELP);
    return values.help ? 0 : 2;
  }
  if (stage === 'local') {
    console.error(
      say({
        en: 'The local stage needs no setup: npm start. For your own company see .env.example.',
        zh: '本机环境无需设置：npm start。使用自己的企业请参见 .env.example。',
      }),
    );
    return 2;
  }
  if (!/^[a-z][a-z0-9-]{0,19}$/.test(stage) || stage === 'default') {
    console.error(
      say({
        en: 'A stage is at most 20 small letters, digits and dashes, and not default.',
        zh: '阶段名最多 20 个小写字母、数字和连字符，且不能是 default。',
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
  const entries = await consoleEntries(stage, region, readStage(stage) ?? {});
  console.log(
    say({
      en: "\nIn WeCom's console, at the app (https://work.weixin.qq.com/wework_admin/frame#apps):",
      zh: '\n请在管理后台的应用详情页填写（https://work.weixin.qq.com/wework_admin/frame#apps）：',
    }),
  );
  for (const { where, what } of entries) console.log(`  ${where}\n      ${say(what)}`);
  console.log(
    say({
      en: `\nNext: npm run deploy -- --stage ${stage}, then npm run doctor -- --stage ${stage}`,
      zh: `\n下一步：npm run deploy -- --stage ${stage}，然后 npm run doctor -- --stage ${stage}`,
    }),
  );
  return 0;
}

try {
  process.exitCode = await run();
} catch (error) {
  const { name, message, code } = error as Error & { code?: unknown };
  const left = name === 'ExitPromptError';
  console.error(left ? say({ en: 'Nothing was changed.', zh: '未做任何修改。' }) : message);
  const remedy = awsRemedy(error);
  if (remedy) console.error(say(remedy));
  process.exitCode = String(code).startsWith('ERR_PARSE_ARGS') ? 2 : 1;
}
