import { parseArgs, styleText } from 'node:util';
import { missingStage } from './deployment/stageFile.ts';
import { examine } from './doctor/examine.ts';
import type { Finding } from './doctor/finding.ts';
import { functionLog } from './doctor/functionLog.ts';
import { openPlace } from './doctor/place.ts';
import { languageOf } from './permissions/language.ts';

const say = languageOf(process.env);

const HELP = say({
  en: `npm run doctor -- --stage prod    looks at everything that can be wrong, in order, and says what to do

  --stage <stage>    default: local, the running npm start
  --region <region>  where it is not the one of the stage's file
  --api <address>    where the API is, if not where the stack says
  --json             for programs, with npm run -s

It changes nothing, and tries the secret once at most. On a deployed stage it needs your AWS
credentials: to read the stack, the parameters and the tables, and the functions' log.
Exit codes: 0 healthy, also with warnings (!); 1 something is wrong; 2 not understood.`,
  zh: `npm run doctor -- --stage prod    按顺序检查所有可能出错的地方，并说明如何处理

  --stage <stage>    默认 local，即正在运行的 npm start
  --region <region>  区域与阶段文件不同时指定
  --api <address>    API 地址与堆栈输出不同时指定
  --json             供程序使用，须用 npm run -s

不做任何修改，Secret 最多尝试一次。检查已部署的阶段需要您的 AWS 凭证：
读取堆栈、参数、数据表和函数日志。
退出码：0 正常（包括有警告“!”时）；1 有问题；2 参数无法理解。`,
});

const SIGNS = { ok: '✓', warning: '!', failed: '✗', unknown: '–' } as const;
const COLOURS = { ok: 'green', warning: 'yellow', failed: 'red', unknown: 'dim' } as const;

function show({ check, outcome, what, remedy }: Finding): void {
  const sign = styleText(COLOURS[outcome], SIGNS[outcome]);
  console.log(`${sign} ${check.padEnd(22)} ${say(what)}`);
  if (remedy) console.log(`    → ${say(remedy)}`);
}

async function run(): Promise<number> {
  const { values } = parseArgs({
    options: {
      stage: { type: 'string', default: 'local' },
      region: { type: 'string' },
      api: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const place = openPlace(values, process.env);
  if (place === undefined) {
    console.error(say(missingStage(values.stage) ?? { en: '', zh: '' }));
    return 2;
  }
  const findings: Finding[] = [];
  for await (const finding of examine(place, functionLog(place, process.env), Date.now)) {
    findings.push(finding);
    if (!values.json) show(finding);
  }
  const healthy = findings.every(({ outcome }) => outcome !== 'failed');
  if (values.json) {
    console.log(JSON.stringify({ stage: values.stage, healthy, findings }, null, 2));
  } else {
    const stopped = findings.at(-1)?.stop === true;
    const end = stopped
      ? { en: 'Mend this first: the rest depends on it.', zh: '请先处理此问题：其余检查依赖于它。' }
      : healthy
        ? { en: 'Healthy.', zh: '一切正常。' }
        : { en: 'Not healthy.', zh: '存在问题。' };
    console.log(`\n${say(end)}`);
  }
  return healthy ? 0 : 1;
}

try {
  process.exitCode = await run();
} catch (error) {
  const misunderstood = String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS');
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = misunderstood ? 2 : 1;
}
