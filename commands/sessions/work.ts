import type { SignInStore } from '../../lib/openid/signIns.ts';
import type { CommonOptions, CommonWork } from '../administration/command.ts';

/** What each subcommand works with. */
export interface Work extends CommonWork<CommonOptions> {
  readonly signIns: SignInStore;
}
