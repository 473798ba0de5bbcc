import { WecomAuthError } from '../errors.ts';

/** There is no such thing, or WeCom does not show it to the app. */
export class Absent extends WecomAuthError {
  override readonly name = 'Absent';
  readonly code = 'ERR_ABSENT';
  readonly what: 'client' | 'department' | 'member';

  constructor(what: Absent['what']) {
    super(`There is no such ${what}, or it is not shown`);
    this.what = what;
  }
}

/** Somebody else was faster. Nothing was changed. */
export class Conflict extends WecomAuthError {
  override readonly name = 'Conflict';
  readonly code = 'ERR_CONFLICT';
  readonly what: 'client-changed' | 'client-exists';

  constructor(what: Conflict['what']) {
    super('Somebody else made another change');
    this.what = what;
  }
}

/** What an administrator has to confirm: see `Unconfirmed`. */
export const CONFIRMATIONS = ['locks-out-everyone', 'locks-out-you', 'widens-everyone'] as const;
export type Confirmation = (typeof CONFIRMATIONS)[number];

/**
 * The change needs a confirmation that the request does not have. Nothing was changed. `old-secret`: the
 * old secret of the last rotation still works, and would be ended.
 */
export class Unconfirmed extends WecomAuthError {
  override readonly name = 'Unconfirmed';
  readonly code = 'ERR_UNCONFIRMED';
  readonly what: Confirmation | 'old-secret';

  constructor(what: Unconfirmed['what']) {
    super('The change needs a confirmation');
    this.what = what;
  }
}
