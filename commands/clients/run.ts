import { ClientStore } from '../../lib/administration/clientStore.ts';
import type { Lookup } from '../../lib/administration/lookup.ts';
import { type CommandEnvironment, runCommand } from '../administration/command.ts';
import { EXIT } from '../administration/exit.ts';
import { add } from './add.ts';
import { remove, rotateSecret } from './change.ts';
import { HELP } from './help.ts';
import { type Request, readRequest } from './request.ts';
import { list, show } from './show.ts';
import type { Work } from './work.ts';

/**
 * The administrator's command for the clients of the OpenID provider.
 *
 * @param argv the arguments after the command's name
 * @returns the exit code; see `EXIT`
 */
export function run(
  argv: readonly string[],
  command: CommandEnvironment & { readonly lookup: Lookup },
): Promise<number> {
  const { lookup } = command;
  const read = () => readRequest(argv, command.environment);
  return runCommand({ name: 'clients', help: HELP }, command, read, (request, common) => {
    const { table, app, who } = common.stage;
    const store = new ClientStore({ table, corpId: app.corpId, who, now: common.now });
    return perform(request, { ...common, store, lookup });
  });
}

async function perform(request: Request, work: Work): Promise<number> {
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
}
