import {
  ConfigurationError,
  HandOverFailed,
  StoreUnavailable,
  type WecomAuthError,
} from '../../lib/errors.ts';
import { EventNotSent } from '../../lib/events/errors.ts';
import { createGrantStore } from '../../lib/permissions/grantStore.ts';
import { change } from './change.ts';
import { type GrantEvents, openEvents } from './events.ts';
import { EXIT, ExitError } from './exit.ts';
import { explain } from './explain.ts';
import { HELP } from './help.ts';
import { history } from './history.ts';
import { importFile } from './importFile.ts';
import { languageOf, type Say } from './language.ts';
import { exportGrants, list } from './list.ts';
import { exportMember, forget, reinstate, settle } from './person.ts';
import { type Options, type Request, readRequest } from './request.ts';
import { openStage } from './stage.ts';
import type { Work } from './work.ts';

/** What the command reads from, writes to and asks. */
export interface CommandEnvironment {
  readonly environment: NodeJS.ProcessEnv;
  /** To standard output, with a line end added. */
  readonly print: (text: string) => void;
  /** The same to standard error. */
  readonly reportError: (text: string) => void;
  /** Absent where nobody can be asked. */
  readonly confirm?: ((question: string) => Promise<boolean>) | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * The administrator's command.
 *
 * @param argv what stands behind the command's name
 * @returns the exit code; see `EXIT`
 */
export async function run(argv: readonly string[], command: CommandEnvironment): Promise<number> {
  const { environment, reportError } = command;
  const say = languageOf(environment);
  try {
    return await runRequest(argv, command, say);
  } catch (error) {
    if (error instanceof ExitError) {
      reportError(say(error.text));
      if (error.exitCode === EXIT.misunderstood) reportError(say(TRY_HELP));
      return error.exitCode;
    }
    throw error;
  }
}

async function runRequest(
  argv: readonly string[],
  command: CommandEnvironment,
  say: Say,
): Promise<number> {
  const { environment, print, reportError, confirm, now } = command;
  const request = readRequest(argv, now());
  const { options } = request;
  if (request.do === 'help') {
    print(say(HELP));
    return EXIT.done;
  }
  const stage = await openStage(options, environment);
  const clock = { now, sleep: async () => {} };
  const events = openEvents(options, environment, stage.app);
  const { table, app, who } = stage;
  const store = createGrantStore(table, app.corpId, who, clock, events?.sendMade);
  const warn = reportError;
  const work: Work = { options, stage, store, events, say, print, warn, confirm, now: now() };
  try {
    const exit = await perform(request, work);
    return events && events.unsent.count > 0 ? EXIT.failed : exit;
  } catch (error) {
    if (error instanceof EventNotSent) throw notSent(error);
    if (error instanceof HandOverFailed) throw notHandedOver(error);
    const isOurs = error instanceof StoreUnavailable || error instanceof ConfigurationError;
    throw isOurs ? unavailable(error, options) : error;
  } finally {
    if (events && events.unsent.count > 0) warn(say(madeAndNotSent(events)));
  }
}

async function perform(request: Exclude<Request, { do: 'help' }>, work: Work): Promise<number> {
  switch (request.do) {
    case 'change':
      await change([request.grant], work);
      return EXIT.done;
    case 'import':
      await importFile(request.file, work);
      return EXIT.done;
    case 'list':
      await list(request.subject, work);
      return EXIT.done;
    case 'reinstate':
      await reinstate(request.subject, request.permission, work);
      return EXIT.done;
    case 'settle':
      await settle(request.subject, work);
      return EXIT.done;
    case 'forget':
      await forget(request.subject, work);
      return EXIT.done;
    case 'export':
      if (request.subject === undefined) await exportGrants(work);
      else await exportMember(request.subject, work);
      return EXIT.done;
    case 'history':
      await history(request.subject, work);
      return EXIT.done;
    case 'explain':
      return await explain(request.userid, request.permission, work);
  }
}

const TRY_HELP = {
  zh: '用法：npm run permissions -- --help',
  en: 'Try: npm run permissions -- --help',
};

/** Whoever left is signed out of applications by another function. */
function notHandedOver({ details }: HandOverFailed): ExitError {
  const { reason, invoked: name } = details;
  return new ExitError(EXIT.failed, {
    zh: `函数 ${name} 没有接受（${reason}），因此没有处理完：你的 AWS 身份是否允许调用它？`,
    en: `The function ${name} did not accept it (${reason}), so work is left: may your AWS identity invoke it?`,
  });
}

function unavailable({ message, details }: WecomAuthError, { stage }: Options): ExitError {
  const facts = [message, details['reason'], details['key'], details['advice']];
  const what = facts.filter((fact) => fact !== undefined).join(' · ');
  const local = stage === 'local';
  return new ExitError(EXIT.failed, {
    zh: `权限表没有应答：${what}${local ? '。本机环境要先运行 npm start（换了端口时：PORT=… npm run permissions）。' : ''}`,
    en: `The permission table does not answer: ${what}${local ? '. The local stage needs npm start first (where that was moved: PORT=… npm run permissions).' : ''}`,
  });
}

/** Grants that have to wait for their events: nothing is lost if the work is done again. */
function notSent({ details }: EventNotSent): ExitError {
  return new ExitError(EXIT.failed, {
    zh: `事件未能发送：${details['reason']}。请稍后重新运行。`,
    en: `The events were not sent: ${details['reason']}. Run again in a moment.`,
  });
}

function madeAndNotSent({ unsent: { count, reason } }: GrantEvents) {
  return {
    zh: `授权已改变，但其中 ${count} 项的事件未能发送：${reason}。history 子命令仍可查到这些改变。`,
    en: `The grants are changed, but the events of ${count} were not sent: ${reason}. The subcommand history shows the changes.`,
  };
}
