import type { Say } from '../language.ts';
import type { Stage } from '../permissions/stage.ts';
import type { Lookup } from './lookup.ts';
import type { Options } from './request.ts';
import type { ClientStore } from './store.ts';

/** What each subcommand works with. */
export interface Work {
  readonly options: Options;
  readonly stage: Stage;
  readonly store: ClientStore;
  readonly say: Say;
  readonly print: (text: string) => void;
  /** Beside the output: a program reads that. */
  readonly warn: (text: string) => void;
  readonly lookup: Lookup;
  /** Milliseconds since the epoch. */
  readonly now: number;
}
