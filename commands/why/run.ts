import { type CommandEnvironment, reportingErrors } from '../administration/command.ts';
import { EXIT, ExitError, misunderstood } from '../administration/exit.ts';
import { nameOf } from '../deployment/awsClients.ts';
import { awsRemedy } from '../deployment/awsRemedy.ts';
import { missingStage, stageFile } from '../deployment/stageFile.ts';
import { openTarget } from '../doctor/target.ts';
import { languageOf, type Say } from '../language.ts';
import { HELP } from './help.ts';
import { aboutMember } from './member.ts';
import { aboutRequest } from './oneRequest.ts';
import { type Options, readRequest } from './request.ts';
import { openLog } from './searchLog.ts';
import type { Work } from './work.ts';

type Environment = Pick<CommandEnvironment, 'environment' | 'print' | 'warn' | 'now'>;

/**
 * The operator's command for what became of a member's sign-ins, or of one request.
 *
 * @param argv the arguments after the command's name
 * @param command `environment` is process.env: the SDK's clients read it too
 * @returns the exit code; see `EXIT`
 */
export function run(argv: readonly string[], command: Environment): Promise<number> {
  const say = languageOf(command.environment);
  return reportingErrors('why', { say, warn: command.warn }, () => answer(argv, command, say));
}

async function answer(
  argv: readonly string[],
  { environment, print, warn, now: clock }: Environment,
  say: Say,
): Promise<number> {
  const now = clock();
  const request = readRequest(argv, environment, now);
  const { options } = request;
  if (request.do === 'help') {
    print(say(HELP));
    return EXIT.done;
  }
  const missing = missingStage(options.stage);
  if (missing) throw misunderstood(missing);
  const target = openTarget(options, environment);
  if (target.corpId === '') {
    throw new ExitError(EXIT.failed, {
      zh: `${stageFile(options.stage)} 没有 corpId：请先运行 npm run setup -- --stage ${options.stage}。`,
      en: `${stageFile(options.stage)} has no corpId: run npm run setup -- --stage ${options.stage} first.`,
    });
  }
  const search = openLog(target, environment);
  const work: Work = { options, target, search, say, print, warn, now };
  try {
    if (request.do === 'member') return await aboutMember(request, work);
    return await aboutRequest(request, work);
  } catch (error) {
    throw error instanceof ExitError ? error : unavailable(error, options);
  }
}

/** @returns the error itself, unless AWS refused or did not answer */
function unavailable(error: unknown, { stage }: Options): unknown {
  const { $metadata } = error as { $metadata?: unknown };
  const name = nameOf(error);
  const remedy = awsRemedy(error);
  if (remedy === undefined && $metadata === undefined) return error;
  const todo = remedy ?? (/AccessDenied/.test(name) ? RIGHTS : deployedElsewhere(stage));
  return new ExitError(EXIT.failed, {
    zh: `AWS 没有应答：${name}。${todo.zh}`,
    en: `AWS did not answer: ${name}. ${todo.en}`,
  });
}

const RIGHTS = {
  zh: '你的 AWS 身份需要 logs:FilterLogEvents 和 lambda:GetFunctionConfiguration，参见 docs/zh-CN/operations.md 的“所需权限”。',
  en: 'Your AWS identity needs logs:FilterLogEvents and lambda:GetFunctionConfiguration: see “Rights” in docs/operations.md.',
};

function deployedElsewhere(stage: string) {
  return {
    zh: `环境 ${stage} 是否已部署到此区域？`,
    en: `Is the stage ${stage} deployed, and in this region?`,
  };
}
