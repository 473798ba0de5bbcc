import { HandOverFailed } from '../../lib/errors.ts';
import {
  type CommandEnvironment,
  type CommonOptions,
  runCommand,
} from '../administration/command.ts';
import { EXIT, ExitError } from '../administration/exit.ts';
import { startFirst } from '../deployment/awsRemedy.ts';
import { end } from './end.ts';
import { HELP } from './help.ts';
import { list } from './list.ts';
import { readRequest } from './request.ts';
import type { Work } from './work.ts';

const NAME = 'sessions';

/**
 * The administrator's command for who is signed in to applications.
 *
 * @param argv the arguments after the command's name
 * @returns the exit code; see `EXIT`
 */
export function run(argv: readonly string[], command: CommandEnvironment): Promise<number> {
  const read = () => readRequest(argv, command.environment);
  return runCommand({ name: NAME, help: HELP }, command, read, async (request, common) => {
    const { stage, clock, options } = common;
    const signIns = { table: stage.table, corpId: stage.app.corpId, clock };
    const work: Work = { ...common, signIns };
    try {
      if (request.do === 'list') await list(request.person, work);
      else await end(request.person, work);
      return EXIT.done;
    } catch (error) {
      throw error instanceof HandOverFailed ? notHandedOver(error, options) : error;
    }
  });
}

function notHandedOver({ details }: HandOverFailed, { stage }: CommonOptions): ExitError {
  const { reason, invoked: name } = details;
  const remedy = stage === 'local' ? startFirst(NAME) : undefined;
  return new ExitError(EXIT.failed, {
    zh: `没有结束任何会话：函数 ${name} 没有接受（${reason}）。请检查该环境是否启用了 OpenID 提供方（openidProvider），以及你的 AWS 身份是否有权调用该函数${remedy ? `。${remedy.zh}` : ''}`,
    en: `No session was ended: the function ${name} did not accept the work (${reason}). Check that the stage has the OpenID provider (openidProvider), and that your AWS identity may invoke the function${remedy ? `. ${remedy.en}` : ''}`,
  });
}
