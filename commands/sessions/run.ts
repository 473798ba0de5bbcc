import {
  ConfigurationError,
  HandOverFailed,
  StoreUnavailable,
  type WecomAuthError,
} from '../../lib/errors.ts';
import { languageOf, type Say } from '../language.ts';
import { EXIT, ExitError } from '../permissions/exit.ts';
import { openStage } from '../permissions/stage.ts';
import { end } from './end.ts';
import { HELP } from './help.ts';
import { list } from './list.ts';
import { type Options, readRequest } from './request.ts';

/** What the command reads from and writes to. */
export interface Environment {
  readonly environment: NodeJS.ProcessEnv;
  /** To standard output, with a line end added. */
  readonly print: (text: string) => void;
  /** The same to standard error. */
  readonly warn: (text: string) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * The administrator's command for who is signed in to applications.
 *
 * @param argv what stands behind the command's name
 * @returns the exit code; see `EXIT`
 */
export async function run(argv: readonly string[], around: Environment): Promise<number> {
  const say = languageOf(around.environment);
  try {
    return await runRequest(argv, around, say);
  } catch (error) {
    if (!(error instanceof ExitError)) throw error;
    around.warn(say(error.text));
    if (error.exitCode === EXIT.misunderstood) around.warn(say(TRY_HELP));
    return error.exitCode;
  }
}

async function runRequest(
  argv: readonly string[],
  { environment, print, now }: Environment,
  say: Say,
): Promise<number> {
  const request = readRequest(argv);
  const { options } = request;
  if (request.do === 'help') {
    print(say(HELP));
    return EXIT.done;
  }
  const stage = await openStage(options, environment);
  const clock = { now, sleep: async () => {} };
  const signIns = { table: stage.table, corpId: stage.app.corpId, clock };
  const work = { options, stage, signIns, say, print, now: now() };
  try {
    if (request.do === 'list') await list(request.person, work);
    else await end(request.person, work);
    return EXIT.done;
  } catch (error) {
    if (error instanceof HandOverFailed) throw notHandedOver(error, options);
    const isOurs = error instanceof StoreUnavailable || error instanceof ConfigurationError;
    throw isOurs ? unavailable(error, options) : error;
  }
}

const TRY_HELP = {
  zh: '用法：npm run sessions -- --help',
  en: 'Try: npm run sessions -- --help',
};

function unavailable({ message, details }: WecomAuthError, { stage }: Options): ExitError {
  const what = [message, details['reason'], details['advice']].filter(Boolean).join(' · ');
  return new ExitError(EXIT.failed, {
    zh: `权限表没有应答：${what}${stage === 'local' ? LOCAL.zh : ''}`,
    en: `The permission table does not answer: ${what}${stage === 'local' ? LOCAL.en : ''}`,
  });
}

function notHandedOver({ details }: HandOverFailed, { stage }: Options): ExitError {
  const { reason, invoked: name } = details;
  return new ExitError(EXIT.failed, {
    zh: `什么都没有结束：函数 ${name} 没有接受（${reason}）。该环境是否启用了 OpenID 提供方（openidProvider），你的 AWS 身份是否允许调用它？${stage === 'local' ? LOCAL.zh : ''}`,
    en: `Nothing was ended: the function ${name} did not accept it (${reason}). Check that the stage has the OpenID provider (openidProvider), and that your AWS identity may invoke the function.${stage === 'local' ? LOCAL.en : ''}`,
  });
}

const LOCAL = {
  zh: '。本机环境要先运行 npm start（换了端口时：PORT=… npm run sessions）。',
  en: '. The local stage needs npm start first (if it was moved: PORT=… npm run sessions).',
};
