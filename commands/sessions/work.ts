import type { SignInStore } from '../../lib/openid/signIns.ts';
import type { Say } from '../language.ts';
import type { Stage } from '../permissions/stage.ts';
import type { Options } from './request.ts';

/** What each subcommand works with. */
export interface Work {
  readonly options: Options;
  readonly stage: Stage;
  readonly signIns: SignInStore;
  readonly say: Say;
  readonly print: (text: string) => void;
  /** Milliseconds since the epoch. */
  readonly now: number;
}
