import type { Text } from '../../tests/wecomClients/table.ts';

/** A back end that is installed, and how one instance of it is started. */
export interface PlannedBackEnd {
  readonly id: string;
  readonly name: Text;
  readonly version: string;
  readonly command: string;
  readonly parameters: readonly string[];
  readonly directory: string;
  /** Whether it needs DynamoDB and SSM. */
  readonly needsAws: boolean;
  /** A library leaves the state to the application. */
  readonly isLibrary: boolean;
  /** Whether its sign-ins begin at its own authorize route, with a state. */
  readonly hasState: boolean;
}

/** What `run.ts` leaves for `inside.ts`, which runs in a network of its own. */
export interface Plan {
  /** For files that are needed during the run. */
  readonly directory: string;
  /** Where the emulator's certificate authority is created. */
  readonly authority: string;
  readonly backEnds: readonly PlannedBackEnd[];
  readonly isQuick: boolean;
  /** The file for the results. */
  readonly results: string;
}
