import type { GrantStore } from '../../lib/permissions/grantStore.ts';
import type { CommonWork } from '../administration/command.ts';
import type { GrantEvents } from './events.ts';
import type { Options } from './request.ts';

/** Asks a yes-or-no question. */
export type Confirm = (question: string) => Promise<boolean>;

/** What each subcommand works with. */
export interface Work extends CommonWork<Options> {
  /** Changes grants in the administrator's name. */
  readonly store: GrantStore;
  /** Absent for a stage without an event bus. */
  readonly events: GrantEvents | undefined;
  /** Absent without a terminal. */
  readonly confirm: Confirm | undefined;
}
