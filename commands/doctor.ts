import { styleText } from 'node:util';
import { reportingErrors } from './administration/command.ts';
import { misunderstood } from './administration/exit.ts';
import { parseOptions, refuseMore } from './administration/options.ts';
import { missingStage } from './deployment/stageFile.ts';
import { API_ADDRESS_PROBLEM, readApiAddress } from './doctor/apiAddress.ts';
import { conclusion, type Finding, isHealthy } from './doctor/finding.ts';
import { functionLog } from './doctor/functionLog.ts';
import { runChecks } from './doctor/runChecks.ts';
import { openTarget } from './doctor/target.ts';
import { languageOf } from './language.ts';

const say = languageOf(process.env);

const HELP = say({
  en: `Usage: npm run doctor -- --stage prod

Checks a stage step by step and says how to fix what is wrong.

  --stage <stage>    the stage. Default: local, the running npm start
  --region <region>  the region, if it differs from the stage's file
  --api <address>    the API's URL, if it differs from the stack's output
  --json             print JSON for programs; use npm run -s

The doctor changes no settings, and sends the secret to WeCom at most once. On a deployed stage it
uses your AWS credentials to read the stack, the functions' settings and log, the parameters, the
tables, the queues and the alarms. Where verify needs a session, it signs one with the stored key: for a member who
does not exist, and valid for a minute.
Exit codes: 0 healthy (warnings included); 1 a check failed; 2 wrong arguments.`,
  zh: `用法：npm run doctor -- --stage prod

按顺序检查一个环境，并说明如何处理发现的问题。

  --stage <stage>    环境，默认 local，即正在运行的 npm start
  --region <region>  区域与环境文件不同时指定
  --api <address>    API 地址与堆栈输出不同时指定
  --json             输出 JSON 供程序使用，须用 npm run -s

doctor 不修改任何设置，最多向企业微信发送一次 Secret。检查已部署的环境时，
使用你的 AWS 凭证读取堆栈、函数的设置和日志、参数、数据表、队列及告警。verify 需要会话时，
用已存的密钥为一个不存在的成员签发会话，有效期一分钟。
退出码：0 正常（可能有警告）；1 有检查未通过；2 参数有误。`,
});

const SIGNS = { ok: '✓', warning: '!', failed: '✗', unknown: '–' } as const;
const COLOURS = { ok: 'green', warning: 'yellow', failed: 'red', unknown: 'dim' } as const;

function show({ check, outcome, what, remedy }: Finding): void {
  const sign = styleText(COLOURS[outcome], SIGNS[outcome]);
  console.log(`${sign} ${check.padEnd(22)} ${say(what)}`);
  if (remedy) console.log(`    → ${say(remedy)}`);
}

const OPTIONS = {
  stage: { type: 'string', default: 'local' },
  region: { type: 'string' },
  api: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h' },
} as const;

async function run(): Promise<number> {
  const { values, positionals } = parseOptions(process.argv.slice(2), process.env, OPTIONS);
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  refuseMore(positionals);
  const missing = missingStage(values.stage);
  if (missing) throw misunderstood(missing);
  const api = values.api === undefined ? undefined : readApiAddress(values.api);
  if (values.api !== undefined && api === undefined) throw misunderstood(API_ADDRESS_PROBLEM);
  const target = openTarget({ ...values, api }, process.env);
  const findings: Finding[] = [];
  for await (const finding of runChecks(target, functionLog(target, process.env), Date.now)) {
    findings.push(finding);
    if (!values.json) show(finding);
  }
  const healthy = isHealthy(findings);
  if (values.json) {
    console.log(JSON.stringify({ stage: values.stage, healthy, findings }, null, 2));
  } else {
    console.log(`\n${say(conclusion(findings))}`);
  }
  return healthy ? 0 : 1;
}

try {
  process.exitCode = await reportingErrors('doctor', { say, warn: console.error }, run);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
