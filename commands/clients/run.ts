import { ConfigurationError, StoreUnavailable, type WecomAuthError } from '../../lib/errors.ts';
import { languageOf, type Say } from '../language.ts';
import { EXIT, ExitError } from '../permissions/exit.ts';
import { openStage } from '../permissions/stage.ts';
import { add } from './add.ts';
import { remove, rotateSecret } from './change.ts';
import { HELP } from './help.ts';
import type { Lookup } from './lookup.ts';
import { type Options, readRequest } from './request.ts';
import { list, show } from './show.ts';
import { ClientStore } from './store.ts';
import type { Work } from './work.ts';

/** What the command reads from and writes to. */
export interface Environment {
  readonly environment: NodeJS.ProcessEnv;
  /** To standard output, with a line end added. */
  readonly print: (text: string) => void;
  /** The same to standard error. */
  readonly warn: (text: string) => void;
  readonly lookup: Lookup;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * The administrator's command for the clients of the OpenID provider.
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

async function runRequest(argv: readonly string[], around: Environment, say: Say): Promise<number> {
  const { environment, print, warn, lookup } = around;
  const request = readRequest(argv);
  const { options } = request;
  if (request.do === 'help') {
    print(say(HELP));
    return EXIT.done;
  }
  const stage = await openStage(options, environment);
  const now = around.now();
  const store = new ClientStore({
    table: stage.table,
    corpId: stage.app.corpId,
    who: stage.who,
    now,
  });
  const work: Work = { options, stage, store, say, print, warn, lookup, now };
  try {
    switch (request.do) {
      case 'add':
        await add(request.settings, work);
        return EXIT.done;
      case 'list':
        await list(work);
        return EXIT.done;
      case 'show':
        return await show(request.clientId, work);
      case 'rotate-secret':
        await rotateSecret(request.clientId, request.keepMs, work);
        return EXIT.done;
      case 'remove':
        await remove(request.clientId, work);
        return EXIT.done;
    }
  } catch (error) {
    const isOurs = error instanceof StoreUnavailable || error instanceof ConfigurationError;
    throw isOurs ? unavailable(error, options) : error;
  }
}

const TRY_HELP = {
  zh: '用法：npm run clients -- --help',
  en: 'Try: npm run clients -- --help',
};

function unavailable({ message, details }: WecomAuthError, { stage }: Options): ExitError {
  const facts = [message, details['reason'], details['key'], details['advice']];
  const what = facts.filter((fact) => fact !== undefined).join(' · ');
  const local = stage === 'local';
  return new ExitError(EXIT.failed, {
    zh: `权限表没有应答：${what}${local ? '。本机环境要先运行 npm start（换了端口时：PORT=… npm run clients）。' : ''}`,
    en: `The permission table does not answer: ${what}${local ? '. The local stage needs npm start first (if it was moved: PORT=… npm run clients).' : ''}`,
  });
}
