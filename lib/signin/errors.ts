import { WecomAuthError } from '../errors.ts';

export type StateRefusal =
  | 'absent'
  | 'malformed'
  | 'unknown'
  | 'expired'
  | 'other-app'
  | 'other-verifier'
  | 'used';

/**
 * The state does not prove that this browser began this sign-in. The body has no reason. The header
 * `x-error-code` and the log have it.
 */
export class StateRefused extends WecomAuthError {
  override readonly name = 'StateRefused';
  readonly code = 'ERR_STATE_REFUSED';
  readonly refusal: StateRefusal;

  constructor(refusal: StateRefusal) {
    super('The state of the sign-in is refused', { refusal, advice: ADVICE[refusal] });
    this.refusal = refusal;
  }
}

const ADVICE: Record<StateRefusal, string> = {
  absent:
    'The front end sent no state or no code_verifier: see docs/front-end, or set REQUIRE_STATE to false.',
  malformed: 'The front end sent a state or a code_verifier that this service cannot have issued.',
  unknown: 'No such state: invented, or expired long ago.',
  expired: 'The visitor took longer than ten minutes, or came back to an old page.',
  'other-app': 'The state was issued for another corp or agent. If this lasts, compare the stages.',
  'other-verifier': 'Another browser, or another tab, began this sign-in.',
  used: 'The state was redeemed before: with another code, or more than a minute ago, or without success.',
};

/** An equal request is in progress, or has just failed. The same request may succeed soon. */
export class SignInUnderWay extends WecomAuthError {
  override readonly name = 'SignInUnderWay';
  readonly code = 'ERR_SIGN_IN_UNDER_WAY';

  constructor() {
    super('An equal request was being answered at the same time');
  }
}
