import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Action, Grant } from './api.ts';

/** What the dialog of a change begins with. */
export interface Wanted {
  readonly action?: Action;
  readonly subjects?: readonly string[];
  readonly permissions?: readonly string[];
  /** Grants to change; the subjects and permissions are then theirs. */
  readonly grants?: readonly Grant[];
}

export interface Changes {
  /** Rises with each change that this page made, so that lists are read again. */
  readonly revision: number;
  open(wanted: Wanted): void;
}

export const ChangesContext = createContext<Changes>({ revision: 0, open: () => undefined });

/** @returns the function that opens the dialog of a change */
export function useChange(): (wanted: Wanted) => void {
  return useContext(ChangesContext).open;
}

export function useRevision(): number {
  return useContext(ChangesContext).revision;
}
