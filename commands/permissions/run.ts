import { HandOverFailed } from '../../lib/errors.ts';
import { EventNotSent } from '../../lib/events/errors.ts';
import { createGrantStore } from '../../lib/permissions/grantStore.ts';
import { type CommandEnvironment, runCommand } from '../administration/command.ts';
import { EXIT, ExitError, misunderstood } from '../administration/exit.ts';
import { change } from './change.ts';
import { type GrantEvents, openEvents } from './events.ts';
import { explain } from './explain.ts';
import { HELP } from './help.ts';
import { history } from './history.ts';
import { importFile } from './importFile.ts';
import { exportGrants, list } from './list.ts';
import { exportMember, forget, reinstate, settle } from './person.ts';
import { type Request, readRequest } from './request.ts';
import type { Confirm, Work } from './work.ts';

/**
 * The administrator's command for grants.
 *
 * @param argv the arguments after the command's name
 * @returns the exit code; see `EXIT`
 */
export function run(
  argv: readonly string[],
  command: CommandEnvironment & { readonly confirm?: Confirm | undefined },
): Promise<number> {
  const { environment, confirm } = command;
  const read = () => readRequest(argv, environment);
  return runCommand({ name: 'permissions', help: HELP }, command, read, async (request, common) => {
    const { options, stage, clock, say, warn } = common;
    const { table, app, who } = stage;
    const events = openEvents(options, environment, app);
    const store = createGrantStore(table, app.corpId, who, clock, events?.sendMade);
    try {
      const exit = await perform(request, { ...common, store, events, confirm });
      return events && events.unsent.count > 0 ? EXIT.failed : exit;
    } catch (error) {
      if (error instanceof EventNotSent) throw notSent(error);
      throw error instanceof HandOverFailed ? notHandedOver(error) : error;
    } finally {
      if (events && events.unsent.count > 0) warn(say(madeAndNotSent(events)));
    }
  });
}

async function perform(request: Request, work: Work): Promise<number> {
  switch (request.do) {
    case 'change':
      // By the clock of the stage, which decides when the grant ends.
      if ((request.grant.terms?.until ?? Number.POSITIVE_INFINITY) <= work.now) {
        throw misunderstood({ zh: '--until 已经过去', en: '--until is in the past' });
      }
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

/** Whoever left is signed out of applications by another function. */
function notHandedOver({ details }: HandOverFailed): ExitError {
  const { reason, invoked: name } = details;
  return new ExitError(EXIT.failed, {
    zh: `函数 ${name} 没有接受（${reason}），因此没有处理完：你的 AWS 身份是否允许调用它？`,
    en: `The function ${name} did not accept it (${reason}), so work is left: may your AWS identity invoke it?`,
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
