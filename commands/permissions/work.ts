import type { GrantStore } from '../../lib/permissions/grantStore.ts';
import type { GrantEvents } from './events.ts';
import type { Say } from './language.ts';
import type { Options } from './request.ts';
import type { Stage } from './stage.ts';

/** What each subcommand works with. */
export interface Work {
  readonly options: Options;
  readonly stage: Stage;
  /** Grants, changed in the administrator's name. */
  readonly store: GrantStore;
  /** Absent for a stage without an event bus. */
  readonly events: GrantEvents | undefined;
  readonly say: Say;
  readonly print: (text: string) => void;
  /** Beside the output: a program reads that. */
  readonly warn: (text: string) => void;
  /** Absent where nobody can be asked. */
  readonly confirm?: ((question: string) => Promise<boolean>) | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}
