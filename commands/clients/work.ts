import type { ClientStore } from '../../lib/administration/clientStore.ts';
import type { CommonOptions, CommonWork } from '../administration/command.ts';
import type { Lookup } from './lookup.ts';

/** What each subcommand works with. */
export interface Work extends CommonWork<CommonOptions> {
  readonly store: ClientStore;
  readonly lookup: Lookup;
}
