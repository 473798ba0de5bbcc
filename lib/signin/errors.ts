import { WecomAuthError } from '../errors.ts';

export type RefusalReason =
  | 'absent'
  | 'malformed'
  | 'unknown'
  | 'expired'
  | 'other-app'
  | 'other-verifier'
  | 'used';

/**
 * The state does not prove that this browser began this sign-in. The caller learns only that; the
 * log says what was wrong.
 */
export class StateRefused extends WecomAuthError {
  readonly code = 'ERR_STATE_REFUSED';

  constructor(refusal: RefusalReason) {
    super('The state of the sign-in is refused', { refusal, advice: ADVICE[refusal] });
  }
}

const ADVICE: Record<RefusalReason, string> = {
  absent:
    'The front end sent no state or no code_verifier: see docs/front-end, or set REQUIRE_STATE to false.',
  malformed: 'The front end sent a state or a code_verifier that this service cannot have issued.',
  unknown: 'No such state: invented, or long gone.',
  expired: 'The visitor took longer than ten minutes, or came back to an old page.',
  'other-app': 'The state was issued for another corp or agent. If this lasts, compare the stages.',
  'other-verifier': 'Another browser, or another tab, began this sign-in.',
  used: 'The state was redeemed before, with another code, more than a minute ago, or in vain.',
};

/** The same sign-in is being answered elsewhere and takes longer than this request can wait. */
export class SignInUnderWay extends WecomAuthError {
  readonly code = 'ERR_SIGN_IN_UNDER_WAY';

  constructor() {
    super('The first of two equal requests has not ended yet');
  }
}
