import type { ClientStore } from '../../lib/administration/clientStore.ts';
import type { Lookup } from '../../lib/administration/lookup.ts';
import type { CommonOptions, CommonWork } from '../administration/command.ts';

/** What each subcommand works with. */
export interface Work extends CommonWork<CommonOptions> {
  readonly store: ClientStore;
  readonly lookup: Lookup;
}
