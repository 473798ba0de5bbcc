import type { CommonOptions, CommonWork } from '../administration/command.ts';
import type { Lookup } from './lookup.ts';
import type { ClientStore } from './store.ts';

/** What each subcommand works with. */
export interface Work extends CommonWork<CommonOptions> {
  readonly store: ClientStore;
  readonly lookup: Lookup;
}
